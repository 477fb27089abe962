#include "tests/lab/efa_device/data_path/work_request.h"

#include <algorithm>
#include <cassert>

namespace efa::lab {
namespace {

/// What every work request begins with.
struct Header {
  std::uint16_t id;
  std::uint8_t control1;  // 3:0 operation, 4 immediate, 5 inline
  std::uint8_t control2;  // the ring's phase and what is always set: the doorbell says enough
  std::uint16_t destination;
  std::uint16_t length;
  std::uint32_t immediate;
  std::uint16_t address_handle;
  std::uint16_t hints;
  std::uint32_t qkey;
  std::array<std::uint8_t, 12> reserved;
};
static_assert(sizeof(Header) == 32);

constexpr std::uint8_t operation_mask = 0x0f;
constexpr std::uint8_t immediate_bit = 1 << 4;
constexpr std::uint8_t inline_bit = 1 << 5;

constexpr std::size_t body = sizeof(Header);
constexpr std::size_t rdma_local = body + sizeof(Buffer);

}  // namespace

std::uint64_t WorkRequest::outgoing_bytes() const {
  if (operation != Operation::send) {
    return operation == Operation::rdma_write ? remote.length : 0;
  }
  if (is_inline) {
    return length;
  }
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(length, local.size()); i++) {
    bytes += local.at(i).length;
  }
  return bytes;
}

WorkRequest decode_work_request(Bytes entry) {
  assert(entry.size() == narrow_work_request || entry.size() == wide_work_request);
  const auto header = load<Header>(entry);
  WorkRequest request;
  request.id = header.id;
  request.operation = static_cast<Operation>(header.control1 & operation_mask);
  request.has_immediate = (header.control1 & immediate_bit) != 0;
  request.is_inline = (header.control1 & inline_bit) != 0;
  request.destination = header.destination;
  request.address_handle = header.address_handle;
  request.length = header.length;
  request.immediate = header.immediate;
  request.qkey = header.qkey;

  const bool wide = entry.size() == wide_work_request;
  std::size_t data = body;
  if (request.operation == Operation::send) {
    request.local = {load<Buffer>(entry, body), load<Buffer>(entry, body + sizeof(Buffer))};
    request.room = wide ? max_wide_inline : max_inline;
  } else {
    request.remote = load<Buffer>(entry, body);
    request.local = {load<Buffer>(entry, rdma_local), Buffer{}};
    request.room = wide ? max_wide_inline : 0;
    data = rdma_local;
  }
  for (Buffer& buffer : request.local) {
    buffer.key &= local_key_mask;
  }
  std::copy_n(entry.subspan(data).begin(), request.room, request.data.begin());
  return request;
}

}  // namespace efa::lab
