#include "tests/lab/efa_device/vfio_user/commands.h"

#include <cerrno>
#include <string_view>
#include <utility>

#include "tests/lab/efa_device/pci.h"

namespace efa::lab::vfio_user {
namespace {

constexpr std::string_view too_short =
    "a message too short for its command, or in contradiction to itself";

/// Of region_read and region_write; their replies begin with it, too.
constexpr std::size_t access_size = 16;

bool inside(const RegionAccess& access) {
  const std::uint64_t size = region_size(access.region);
  return access.offset <= size && access.count <= size - access.offset;
}

std::vector<std::uint8_t> beginning(Bytes body, std::size_t size) {
  return {body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size)};
}

}  // namespace

Outcome Commands::execute(Message& request) {
  if (!request.header.is_request()) {
    return {};  // a reply, though nothing was asked for
  }
  Answer given = answer(request);
  Outcome outcome;
  outcome.refusal = std::move(given.refusal);
  if (!outcome.refusal.empty() || request.header.wants_no_reply()) {
    return outcome;
  }
  if (given.errno_value != 0) {
    outcome.reply = encode_error(request.header, given.errno_value);
    return outcome;
  }
  outcome.reply = encode_reply(request.header, given.body);
  outcome.descriptor = given.descriptor;
  return outcome;
}

Commands::Answer Commands::answer(Message& request) {
  const Bytes body = request.body;
  switch (request.header.command) {
    case Command::version:
      return version(body);
    case Command::dma_map:
      return map(request);
    case Command::dma_unmap:
      return unmap(body);
    case Command::device_info:
      return Answer::with(encode_device_info());
    case Command::region_info:
      return region_info(body);
    case Command::irq_info:
      return irq_info(body);
    case Command::set_irqs:
      return set_irqs(request);
    case Command::region_read:
      return read(body);
    case Command::region_write:
      return write(body);
    case Command::device_reset:
      device_.reset();
      return {};
  }
  return Answer::failure(ENOTSUP);
}

Commands::Answer Commands::version(Bytes body) {
  const auto major = decode_version(body);
  if (!major) {
    return Answer::nonsense(std::string(too_short));
  }
  if (*major != 0) {
    return Answer::nonsense("version " + std::to_string(*major) + " of the protocol");
  }
  return Answer::with(encode_version(body.size()));
}

Commands::Answer Commands::map(const Message& request) {
  const auto range = decode_dma_map(request.body);
  if (!range) {
    return Answer::nonsense(std::string(too_short));
  }
  const int file = request.descriptors.empty() ? -1 : request.descriptors.front().get();
  return Answer::nonsense(guest_.ranges().map(*range, file));
}

Commands::Answer Commands::unmap(Bytes body) {
  const auto range = decode_dma_unmap(body);
  if (!range) {
    return Answer::nonsense(std::string(too_short));
  }
  if (range->all) {
    guest_.ranges().clear();
  } else if (!guest_.ranges().unmap(range->address, range->size)) {
    return Answer::failure(ENOENT);
  }
  return Answer::with(beginning(body, 24));
}

Commands::Answer Commands::region_info(Bytes body) const {
  const auto region = decode_index(body);
  if (!region) {
    return Answer::nonsense(std::string(too_short));
  }
  const bool mappable = *region == llq_region;
  Answer info = Answer::with(encode_region_info(*region, region_size(*region), mappable));
  info.descriptor = mappable ? device_.data_path().llq_descriptor() : -1;
  return info;
}

Commands::Answer Commands::irq_info(Bytes body) {
  const auto index = decode_index(body);
  if (!index) {
    return Answer::nonsense(std::string(too_short));
  }
  const std::uint32_t count = *index == msix_index ? interrupt_vectors : 0;
  return Answer::with(encode_irq_info(*index, count));
}

Commands::Answer Commands::set_irqs(Message& request) {
  const auto set = decode_set_irqs(request.body);
  if (!set) {
    return Answer::nonsense(std::string(too_short));
  }
  return Answer::failure(guest_.interrupts().set(*set, request.descriptors));
}

Commands::Answer Commands::read(Bytes body) const {
  const auto access = decode_region_read(body);
  if (!access) {
    return Answer::nonsense(std::string(too_short));
  }
  if (!inside(*access)) {
    return Answer::failure(EINVAL);
  }
  Answer answer = Answer::with(beginning(body, access_size));
  answer.body.resize(access_size + access->count);
  device_.read(access->region, access->offset, MutableBytes(answer.body).subspan(access_size));
  return answer;
}

Commands::Answer Commands::write(Bytes body) {
  const auto access = decode_region_write(body);
  if (!access) {
    return Answer::nonsense(std::string(too_short));
  }
  if (!inside(*access)) {
    return Answer::failure(EINVAL);
  }
  device_.write(access->region, access->offset, body.subspan(access_size));
  return Answer::with(beginning(body, access_size));
}

}  // namespace efa::lab::vfio_user
