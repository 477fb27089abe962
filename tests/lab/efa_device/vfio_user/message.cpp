#include "tests/lab/efa_device/vfio_user/message.h"

#include <linux/vfio.h>

#include <algorithm>
#include <string>

namespace efa::lab::vfio_user {
namespace {

constexpr std::uint32_t flag_reply = 1;
constexpr std::uint32_t flag_error = 0x20;
constexpr std::uint32_t map_writable = 2;
constexpr std::uint32_t unmap_all = 1;
constexpr std::size_t region_access_size = 16;

static_assert(msix_index == VFIO_PCI_MSIX_IRQ_INDEX);

/// As C's structure of the kernel's header, whose layout is the protocol's.
template <class T>
std::vector<std::uint8_t> bytes_of(const T& value) {
  std::vector<std::uint8_t> bytes(sizeof value);
  store(bytes, 0, value);
  return bytes;
}

std::optional<RegionAccess> decode_region_access(Bytes body) {
  if (body.size() < region_access_size) {
    return std::nullopt;
  }
  const RegionAccess access = {.offset = load<std::uint64_t>(body, 0),
                               .region = load<std::uint32_t>(body, 8),
                               .count = load<std::uint32_t>(body, 12)};
  if (access.count > max_transfer) {
    return std::nullopt;
  }
  return access;
}

std::vector<std::uint8_t> encode(const Header& request, std::uint32_t flags, int errno_value,
                                 Bytes body) {
  std::vector<std::uint8_t> bytes(header_size + body.size());
  store(bytes, 0, request.id);
  store(bytes, 2, request.command);
  store(bytes, 4, static_cast<std::uint32_t>(bytes.size()));
  store(bytes, 8, flags);
  store(bytes, 12, errno_value);
  std::copy(body.begin(), body.end(), bytes.begin() + header_size);
  return bytes;
}

}  // namespace

std::optional<Header> decode_header(Bytes bytes) {
  if (bytes.size() < header_size) {
    return std::nullopt;
  }
  const Header header = {.id = load<std::uint16_t>(bytes, 0),
                         .command = load<Command>(bytes, 2),
                         .size = load<std::uint32_t>(bytes, 4),
                         .flags = load<std::uint32_t>(bytes, 8)};
  if (header.size < header_size || header.size > max_message) {
    return std::nullopt;
  }
  return header;
}

std::optional<std::uint16_t> decode_version(Bytes body) {
  if (body.size() < 4 || (body.size() > 4 && body.back() != 0)) {
    return std::nullopt;
  }
  return load<std::uint16_t>(body);
}

std::optional<DmaMap> decode_dma_map(Bytes body) {
  if (body.size() < 32) {
    return std::nullopt;
  }
  return DmaMap{.writable = (load<std::uint32_t>(body, 4) & map_writable) != 0,
                .offset = load<std::uint64_t>(body, 8),
                .address = load<std::uint64_t>(body, 16),
                .size = load<std::uint64_t>(body, 24)};
}

std::optional<DmaUnmap> decode_dma_unmap(Bytes body) {
  if (body.size() < 24) {
    return std::nullopt;
  }
  return DmaUnmap{.all = (load<std::uint32_t>(body, 4) & unmap_all) != 0,
                  .address = load<std::uint64_t>(body, 8),
                  .size = load<std::uint64_t>(body, 16)};
}

std::optional<std::uint32_t> decode_index(Bytes body) {
  if (body.size() < 12) {
    return std::nullopt;
  }
  return load<std::uint32_t>(body, 8);
}

std::optional<SetIrqs> decode_set_irqs(Bytes body) {
  constexpr std::size_t fixed_size = 20;
  if (body.size() < fixed_size) {
    return std::nullopt;
  }
  const auto flags = load<std::uint32_t>(body, 4);
  SetIrqs set = {.data = SetIrqs::Data::none,
                 .trigger = (flags & VFIO_IRQ_SET_ACTION_TRIGGER) != 0,
                 .index = load<std::uint32_t>(body, 8),
                 .start = load<std::uint32_t>(body, 12),
                 .count = load<std::uint32_t>(body, 16),
                 .booleans = {}};
  if ((flags & VFIO_IRQ_SET_DATA_EVENTFD) != 0) {
    set.data = SetIrqs::Data::descriptors;
  } else if ((flags & VFIO_IRQ_SET_DATA_BOOL) != 0) {
    set.data = SetIrqs::Data::booleans;
    const Bytes rest = body.subspan(fixed_size);
    if (rest.size() < set.count) {
      return std::nullopt;
    }
    set.booleans.assign(rest.begin(), rest.begin() + set.count);
  }
  return set;
}

std::optional<RegionAccess> decode_region_read(Bytes body) { return decode_region_access(body); }

std::optional<RegionAccess> decode_region_write(Bytes body) {
  const auto access = decode_region_access(body);
  if (!access || body.size() != region_access_size + access->count) {
    return std::nullopt;
  }
  return access;
}

std::vector<std::uint8_t> encode_reply(const Header& request, Bytes body) {
  return encode(request, flag_reply, 0, body);
}

std::vector<std::uint8_t> encode_error(const Header& request, int errno_value) {
  return encode(request, flag_reply | flag_error, errno_value, {});
}

std::vector<std::uint8_t> encode_version(std::size_t request_size) {
  const std::string text = R"({"capabilities":{"max_msg_fds":)" + std::to_string(max_descriptors) +
                           R"(,"max_data_xfer_size":)" + std::to_string(max_transfer) + "}}";
  constexpr std::size_t number_size = 4;  // zeros, as the version is 0.0
  const std::size_t whole = number_size + text.size() + 1;
  std::vector<std::uint8_t> body(whole <= request_size ? whole : number_size);
  if (body.size() == whole) {
    std::copy(text.begin(), text.end(), body.begin() + number_size);
  }
  return body;
}

std::vector<std::uint8_t> encode_device_info() {
  const std::uint32_t info[] = {16, VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI,
                                VFIO_PCI_NUM_REGIONS, VFIO_PCI_NUM_IRQS};
  return bytes_of(info);
}

std::vector<std::uint8_t> encode_region_info(std::uint32_t region, std::uint64_t size,
                                             bool mappable) {
  vfio_region_info info{};
  info.argsz = sizeof info;
  info.index = region;
  info.size = size;
  if (size > 0) {
    info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
  }
  if (mappable) {
    info.flags |= VFIO_REGION_INFO_FLAG_MMAP;
  }
  return bytes_of(info);
}

std::vector<std::uint8_t> encode_irq_info(std::uint32_t index, std::uint32_t count) {
  const std::uint32_t info[] = {16, VFIO_IRQ_INFO_EVENTFD, index, count};
  return bytes_of(info);
}

}  // namespace efa::lab::vfio_user
