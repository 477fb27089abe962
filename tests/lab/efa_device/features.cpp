#include "tests/lab/efa_device/features.h"

#include <cstddef>

#include "tests/lab/efa_device/pci.h"

namespace efa::lab {
namespace {

enum class Feature : std::uint8_t {
  device_attributes = 1,
  events,
  network,
  queues,
  hints,
  host_information,
  event_queues,
};

// In a request of either kind.
constexpr std::size_t feature_at = 13;
constexpr std::size_t enabled_events_at = 20;

constexpr std::uint64_t supported_features = 0xfe;
constexpr std::uint64_t page_sizes = 0xfffff000;
constexpr std::uint32_t firmware_version = 0x00010203;
constexpr std::uint32_t admin_interface = 1;
constexpr std::uint8_t address_width = 48;  // bits
constexpr std::uint32_t event_completions = 1;

// Capabilities of a device.
constexpr std::uint32_t can_rdma_read = 1 << 0;
constexpr std::uint32_t can_retry_rnr = 1 << 1;
constexpr std::uint32_t can_poll_128_bytes = 1 << 2;
constexpr std::uint32_t can_rdma_write = 1 << 3;
constexpr std::uint32_t can_write_unsolicited = 1 << 4;

std::uint32_t capabilities_of(const Profile& profile) {
  std::uint32_t all = can_retry_rnr;
  all |= profile.rdma_read ? can_rdma_read : 0;
  all |= profile.generation >= 1 ? can_poll_128_bytes : 0;
  all |= profile.rdma_write ? can_rdma_write | can_write_unsolicited : 0;
  return all;
}

std::uint64_t guid_of(unsigned number) {
  return 0x0100000000001d0fULL | std::uint64_t{number & 0xff} << 48;
}

void tell_queues(MutableBytes response) {
  store(response, 0, max_queue_pairs);
  store(response, 4, max_send_depth);
  store(response, 8, max_inline);
  store(response, 12, max_receive_depth);
  store(response, 16, max_completion_queues);
  store(response, 20, max_completion_queue_depth);
  store(response, 24, std::uint16_t{1});  // rings of a completion queue
  store(response, 26, static_cast<std::uint16_t>(min_send_depth));
  store(response, 28, static_cast<std::uint16_t>(max_send_buffers));
  store(response, 30, static_cast<std::uint16_t>(max_receive_buffers));
  store(response, 32, max_memory_regions);
  store(response, 36, max_pages_of_region);
  store(response, 40, max_protection_domains);
  store(response, 44, max_address_handles);
  store(response, 48, static_cast<std::uint32_t>(llq_size));
  store(response, 52, static_cast<std::uint16_t>(max_rdma_buffers));
}

void tell_event_queues(MutableBytes response) {
  store(response, 0, max_event_queues);
  store(response, 4, max_event_queue_depth);
  store(response, 8, event_completions);
}

}  // namespace

Gid gid_of_device(unsigned number) {
  Gid gid = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x04, 0x5e, 0xfa, 0xff, 0xfe};
  gid[14] = static_cast<std::uint8_t>(number >> 8);
  gid[15] = static_cast<std::uint8_t>(number);
  return gid;
}

Features::Features(const Profile& profile, unsigned number, Events& events)
    : profile_(profile), number_(number), events_(events) {}

AdminStatus Features::get(Bytes request, MutableBytes response) const {
  switch (load<Feature>(request, feature_at)) {
    case Feature::device_attributes:
      tell_device(response);
      return AdminStatus::success;
    case Feature::events:
      tell_events(response);
      return AdminStatus::success;
    case Feature::network:
      tell_network(response);
      return AdminStatus::success;
    case Feature::queues:
      tell_queues(response);
      return AdminStatus::success;
    case Feature::hints:
      return AdminStatus::success;  // zeros: the driver's own
    case Feature::event_queues:
      tell_event_queues(response);
      return AdminStatus::success;
    default:
      return AdminStatus::unsupported_opcode;
  }
}

AdminStatus Features::set(Bytes request) {
  switch (load<Feature>(request, feature_at)) {
    case Feature::events: {
      const auto groups = load<std::uint32_t>(request, enabled_events_at);
      if ((groups & ~Events::supported) != 0) {
        return AdminStatus::illegal_parameter;
      }
      events_.enable(groups);
      return AdminStatus::success;
    }
    case Feature::host_information:
      return AdminStatus::success;
    default:
      return AdminStatus::unsupported_opcode;
  }
}

void Features::tell_device(MutableBytes response) const {
  store(response, 0, supported_features);
  store(response, 8, page_sizes);
  store(response, 16, firmware_version);
  store(response, 20, admin_interface);
  store(response, 24, std::uint32_t{profile_.generation});
  store(response, 28, static_cast<std::uint16_t>(doorbell_region));
  store(response, 30, address_width);  // physical
  store(response, 31, address_width);  // virtual
  store(response, 32, capabilities_of(profile_));
  store(response, 36, max_rdma);
  store(response, 40, guid_of(number_));
  store(response, 48, profile_.gbps);
}

void Features::tell_events(MutableBytes response) const {
  store(response, 0, Events::supported);
  store(response, 4, events_.enabled());
}

void Features::tell_network(MutableBytes response) const {
  store(response, 0, gid_of_device(number_));
  store(response, 16, max_message);
}

}  // namespace efa::lab
