#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <variant>

#include "tests/lab/efa_device/data_path/limits.h"
#include "tests/lab/efa_device/wire.h"

/// What lies in the rings that guest and device share.
namespace efa::lab {

enum class Operation : std::uint8_t { send = 0, rdma_read = 1, rdma_write = 2 };

/// How a work request ended, as a completion says it.
enum class CompletionStatus : std::uint8_t {
  ok = 0,
  flushed = 1,
  internal_error = 2,
  unsupported_operation = 3,
  bad_address_handle = 4,
  bad_local_key = 5,
  bad_length = 6,
  bad_remote_address = 7,
  remote_abort = 8,
  bad_remote_queue_pair = 9,
  no_receive_posted = 10,
  receive_too_short = 11,
  unresponsive = 13,
  unknown_peer = 14,
  unreachable = 15,
};

/// Why a work request of a reliable queue pair is to be tried again.
enum class Delay : std::uint8_t { no_receive, no_answer };

/// What became of one try: how the work request ended, or why it did not.
using Attempt = std::variant<CompletionStatus, Delay>;

/// As many bits of a local key as a descriptor has.
constexpr std::uint32_t local_key_mask = 0xffffff;

/// A range of memory, as a work request names it.
struct Buffer {
  std::uint32_t length = 0;
  std::uint32_t key = 0;
  std::uint64_t address = 0;
};
static_assert(sizeof(Buffer) == 16);

/// An entry of a send queue, taken apart. Its numbers are the guest's and not to be trusted.
struct WorkRequest {
  std::uint16_t id = 0;
  Operation operation = Operation::send;  // any of 16 values
  bool has_immediate = false;
  bool is_inline = false;
  std::uint16_t destination = 0;  // queue pair number
  std::uint16_t address_handle = 0;
  std::uint16_t length = 0;  // bytes if inline, else how many of `local`
  std::uint32_t immediate = 0;
  std::uint32_t qkey = 0;
  Buffer remote;
  std::array<Buffer, max_send_buffers> local;
  std::array<std::uint8_t, max_wide_inline> data{};
  std::uint16_t room = 0;  // bytes of `data` that this entry has

  /// Bytes that it puts on the wire, by its own account.
  [[nodiscard]] std::uint64_t outgoing_bytes() const;
};

constexpr std::size_t narrow_work_request = 64;
constexpr std::size_t wide_work_request = 128;

/// Reads an entry of one of these sizes.
[[nodiscard]] WorkRequest decode_work_request(Bytes entry);

/// An entry of a receive queue; a work request is one or more of them.
struct ReceiveDescriptor {
  std::uint64_t address;
  std::uint16_t id;  // of the work request, in its first descriptor
  std::uint16_t length;
  std::uint32_t control;

  [[nodiscard]] std::uint32_t key() const { return control & local_key_mask; }
  [[nodiscard]] bool is_last() const { return (control >> 31) != 0; }
};
static_assert(sizeof(ReceiveDescriptor) == 16);

/// Of a CompletionEntry; the operation stands in bits 6:4, the phase in bit 0.
constexpr std::uint8_t completion_phase = 1;
constexpr std::uint8_t completion_of_send = 1 << 1;
constexpr std::uint8_t completion_of_receive = 2 << 1;
constexpr std::uint8_t completion_immediate = 1 << 3;
constexpr std::uint8_t completion_unsolicited = 1 << 7;
constexpr unsigned completion_operation_shift = 4;

constexpr std::uint16_t unknown_address_handle = 0xffff;

/// An entry of a completion queue; a short one ends before `extension`.
struct CompletionEntry {
  std::uint16_t id = 0;
  CompletionStatus status = CompletionStatus::ok;
  std::uint8_t flags = 0;
  std::uint16_t queue_pair = 0;
  std::uint16_t length = 0;  // bits 15:0
  std::uint16_t address_handle = 0;
  std::uint16_t source_queue_pair = 0;
  std::uint32_t immediate = 0;
  std::array<std::uint8_t, 16> extension{};  // the source's GID, or bits 31:16 of the length
};
constexpr std::size_t short_completion = 16;
constexpr std::size_t long_completion = 32;
static_assert(sizeof(CompletionEntry) == long_completion);

}  // namespace efa::lab
