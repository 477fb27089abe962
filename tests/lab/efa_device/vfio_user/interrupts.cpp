#include "tests/lab/efa_device/vfio_user/interrupts.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace efa::lab::vfio_user {
namespace {

/// Whatever kind of descriptor it is: raising the interrupt must not wait for its reader.
bool make_non_blocking(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  return flags >= 0 && ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0;
}

}  // namespace

int Interrupts::set(const SetIrqs& request, std::vector<UniqueFd>& descriptors) {
  if (request.index != msix_index || !request.trigger) {
    return 0;  // there are no others, and QEMU masks by itself
  }
  if (request.start > vectors_.size() || request.count > vectors_.size() - request.start) {
    return EINVAL;
  }
  if (request.data == SetIrqs::Data::descriptors) {
    return assign(request, descriptors);
  }
  if (request.data == SetIrqs::Data::none && request.count == 0) {
    clear();
  }
  for (std::uint32_t i = 0; i < request.count; ++i) {
    if (request.data == SetIrqs::Data::none || request.booleans[i] != 0) {
      raise(request.start + i);
    }
  }
  return 0;
}

/// Without descriptors the vectors lose theirs.
int Interrupts::assign(const SetIrqs& request, std::vector<UniqueFd>& descriptors) {
  if (!descriptors.empty() && descriptors.size() != request.count) {
    return EINVAL;
  }
  for (const UniqueFd& descriptor : descriptors) {
    if (!make_non_blocking(descriptor.get())) {
      return EINVAL;
    }
  }
  for (std::uint32_t i = 0; i < request.count; ++i) {
    vectors_[request.start + i] = descriptors.empty() ? UniqueFd() : std::move(descriptors[i]);
  }
  return 0;
}

void Interrupts::raise(unsigned vector) const {
  if (vector >= vectors_.size() || !vectors_[vector]) {
    return;
  }
  const std::uint64_t one = 1;
  // Fails only if that many are pending that the guest knows anyway.
  [[maybe_unused]] const auto written = ::write(vectors_[vector].get(), &one, sizeof one);
}

void Interrupts::clear() {
  for (UniqueFd& vector : vectors_) {
    vector.reset();
  }
}

}  // namespace efa::lab::vfio_user
