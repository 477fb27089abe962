#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "collectors/base/unique_fd.h"
#include "tests/lab/efa_device/wire.h"

/// The vfio-user protocol: bytes to what they mean, and back. Nothing here touches a socket.
namespace efa::lab::vfio_user {

enum class Command : std::uint16_t {
  version = 1,
  dma_map = 2,
  dma_unmap = 3,
  device_info = 4,
  region_info = 5,
  irq_info = 7,
  set_irqs = 8,
  region_read = 9,
  region_write = 10,
  device_reset = 13,
};

constexpr std::size_t header_size = 16;
/// No message is longer, no region access has more data, and none carries more descriptors.
constexpr std::size_t max_message = 2 << 20;
constexpr std::uint32_t max_transfer = 1 << 20;
constexpr std::size_t max_descriptors = 16;

struct Header {
  std::uint16_t id = 0;
  Command command{};
  std::uint32_t size = 0;  // with the header
  std::uint32_t flags = 0;

  [[nodiscard]] bool is_request() const { return (flags & 0xf) == 0; }
  [[nodiscard]] bool wants_no_reply() const { return (flags & 0x10) != 0; }
};

struct Message {
  Header header;
  std::vector<std::uint8_t> body;
  std::vector<UniqueFd> descriptors;
};

struct DmaMap {
  bool writable = false;
  std::uint64_t offset = 0;  // in the file
  std::uint64_t address = 0;
  std::uint64_t size = 0;
};

struct DmaUnmap {
  bool all = false;
  std::uint64_t address = 0;
  std::uint64_t size = 0;
};

struct SetIrqs {
  enum class Data : std::uint8_t { none, booleans, descriptors };
  Data data = Data::none;
  bool trigger = false;  // else it masks or unmasks
  std::uint32_t index = 0;
  std::uint32_t start = 0;
  std::uint32_t count = 0;
  std::vector<std::uint8_t> booleans;  // one each, if that is its data
};

struct RegionAccess {
  std::uint64_t offset = 0;
  std::uint32_t region = 0;
  std::uint32_t count = 0;
};

/// Errors   nothing if there are fewer bytes than a header has, or its size is impossible
[[nodiscard]] std::optional<Header> decode_header(Bytes bytes);

// Bodies. Nothing if one is too short for what it says it holds, or contradicts itself.
/// The major version that the client speaks; the text behind it must end in NUL.
[[nodiscard]] std::optional<std::uint16_t> decode_version(Bytes body);
[[nodiscard]] std::optional<DmaMap> decode_dma_map(Bytes body);
[[nodiscard]] std::optional<DmaUnmap> decode_dma_unmap(Bytes body);
/// Of region_info and irq_info: which one is asked for.
[[nodiscard]] std::optional<std::uint32_t> decode_index(Bytes body);
[[nodiscard]] std::optional<SetIrqs> decode_set_irqs(Bytes body);
[[nodiscard]] std::optional<RegionAccess> decode_region_read(Bytes body);
/// Its data are the last `count` bytes of the body.
[[nodiscard]] std::optional<RegionAccess> decode_region_write(Bytes body);

/// Messages, header included.
[[nodiscard]] std::vector<std::uint8_t> encode_reply(const Header& request, Bytes body);
[[nodiscard]] std::vector<std::uint8_t> encode_error(const Header& request, int errno_value);

// Bodies of replies.
/// Never longer than `request_size`, the body of the request: that is all the room a client has.
[[nodiscard]] std::vector<std::uint8_t> encode_version(std::size_t request_size);
[[nodiscard]] std::vector<std::uint8_t> encode_device_info();
[[nodiscard]] std::vector<std::uint8_t> encode_region_info(std::uint32_t region, std::uint64_t size,
                                                           bool mappable);
[[nodiscard]] std::vector<std::uint8_t> encode_irq_info(std::uint32_t index, std::uint32_t count);

/// The interrupts' index in irq_info and set_irqs.
constexpr std::uint32_t msix_index = 2;

}  // namespace efa::lab::vfio_user
