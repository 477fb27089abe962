#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "collectors/base/unique_fd.h"
#include "tests/lab/efa_device/pci.h"
#include "tests/lab/efa_device/vfio_user/message.h"

namespace efa::lab::vfio_user {

/// The MSI-X vectors: an eventfd of the client for each that is set up.
///
/// Threads  none of its own; callers hold the fabric's lock
class Interrupts {
 public:
  /// 0, or the errno of a request that cannot be. Takes the descriptors it uses.
  [[nodiscard]] int set(const SetIrqs& request, std::vector<UniqueFd>& descriptors);
  /// Nothing happens for a vector that is not there or not set up.
  void raise(unsigned vector) const;
  void clear();

 private:
  [[nodiscard]] int assign(const SetIrqs& request, std::vector<UniqueFd>& descriptors);

  std::array<UniqueFd, interrupt_vectors> vectors_;
};

}  // namespace efa::lab::vfio_user
