#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tests/lab/efa_device/data_path/limits.h"
#include "tests/lab/efa_device/data_path/work_request.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab::test {

/// Bytes under construction.
template <std::size_t size>
class Builder {
 public:
  template <class T>
  Builder& put(std::size_t offset, T value) {
    store(MutableBytes(bytes_), offset, value);
    return *this;
  }
  [[nodiscard]] Bytes bytes() const { return bytes_; }

 private:
  std::array<std::uint8_t, size> bytes_{};
};

/// What follows the descriptor of an admin command.
using Command = Builder<60>;

/// About an object: queries, and the end of it.
[[nodiscard]] inline Command number(std::uint16_t value) {
  Command command;
  command.put(0, value);
  return command;
}

constexpr std::uint8_t all_access = 7;
constexpr std::uint8_t local_write_only = 1;

[[nodiscard]] inline Command create_event_queue(std::uint64_t base, std::uint16_t depth,
                                                std::uint8_t vector) {
  Command command;
  command.put(0, depth).put(2, vector).put(3, std::uint8_t{4}).put(4, base);
  return command;
}

[[nodiscard]] inline Command create_completion_queue(std::uint64_t base, std::uint16_t depth,
                                                     std::size_t entry_size) {
  constexpr std::uint8_t set_source_address = 1 << 5;
  Command command;
  command.put(1, static_cast<std::uint8_t>(entry_size / 4 | set_source_address)).put(2, depth);
  command.put(8, base).put(20, std::uint16_t{1});
  return command;
}

[[nodiscard]] inline Command with_events(Command command, std::uint16_t event_queue) {
  command.put(0, std::uint8_t{1 << 5}).put(4, event_queue);
  return command;
}

struct QueuePairOptions {
  bool reliable = true;
  bool unsolicited = false;
  std::uint8_t rnr_retries = 7;
  std::uint32_t send_depth = 16;
  std::uint32_t work_request_size = 64;
  std::uint32_t receive_depth = 16;
  std::size_t completion_size = long_completion;
  std::uint16_t completion_depth = 64;
};

[[nodiscard]] inline Command create_queue_pair(std::uint16_t domain, std::uint16_t completions,
                                               std::uint64_t receive_ring,
                                               const QueuePairOptions& options) {
  Command command;
  command.put(0, domain);
  command.put(2, static_cast<std::uint8_t>(options.reliable ? 2 : 1));
  command.put(3, static_cast<std::uint8_t>(options.unsolicited ? 1 << 2 : 0));
  command.put(12, receive_ring);
  command.put(20, std::uint32_t{completions}).put(24, std::uint32_t{completions});
  command.put(36, options.send_depth * options.work_request_size).put(40, options.send_depth);
  command.put(44, options.receive_depth * std::uint32_t{sizeof(ReceiveDescriptor)});
  command.put(48, options.receive_depth);
  return command;
}

constexpr std::uint32_t modifies_state = 1;
constexpr std::uint32_t modifies_all = 0x2d;  // state, qkey, packet number, RNR retries

[[nodiscard]] inline Command modify_queue_pair(std::uint32_t handle, std::uint32_t mask,
                                               std::uint32_t state) {
  Command command;
  command.put(0, mask).put(4, handle).put(8, state);
  return command;
}

[[nodiscard]] inline Command create_address_handle(std::uint16_t domain, const Gid& gid) {
  Command command;
  command.put(0, gid).put(16, domain);
  return command;
}

/// A memory region without its list of pages.
[[nodiscard]] inline Command register_region(std::uint16_t domain, std::uint64_t start,
                                             std::uint64_t length, std::uint8_t permissions,
                                             std::uint8_t page_shift = 12) {
  Command command;
  command.put(0, domain).put(36, length).put(44, page_shift).put(45, permissions).put(52, start);
  return command;
}

/// Where a list of pages, or its first chunk, is.
[[nodiscard]] inline Command with_list(Command command, std::uint64_t address,
                                       std::uint32_t length) {
  command.put(4, length).put(8, address);
  return command;
}

/// An entry of a send queue.
class Work {
 public:
  Work(Operation operation, std::uint16_t id) : operation_(operation) {
    entry_.put(0, id).put(2, static_cast<std::uint8_t>(operation));
    entry_.put(3, std::uint8_t{0x1c});
  }

  Work& to(std::uint16_t handle, std::uint16_t queue_pair, std::uint32_t qkey) {
    entry_.put(12, handle).put(4, queue_pair).put(16, qkey);
    return *this;
  }
  Work& immediate(std::uint32_t value) {
    entry_.put(8, value);
    return set(1 << 4);
  }
  /// The memory here.
  Work& buffers(const std::vector<Buffer>& list) {
    std::size_t at = operation_ == Operation::send ? 32 : 48;
    for (const Buffer& buffer : list) {
      entry_.put(at, buffer);
      at += sizeof buffer;
    }
    return length(static_cast<std::uint16_t>(list.size()));
  }
  /// The memory there.
  Work& remote(const Buffer& buffer) {
    entry_.put(32, buffer);
    return *this;
  }
  Work& inline_data(std::string_view data) {
    const std::size_t at = operation_ == Operation::send ? 32 : 48;
    for (std::size_t i = 0; i < data.size(); i++) {
      entry_.put(at + i, data[i]);
    }
    return set(1 << 5).length(static_cast<std::uint16_t>(data.size()));
  }
  Work& length(std::uint16_t value) {
    entry_.put(6, value);
    return *this;
  }

  [[nodiscard]] Bytes bytes() const { return entry_.bytes(); }

 private:
  Work& set(std::uint8_t bit) {
    control_ = static_cast<std::uint8_t>(control_ | bit);
    entry_.put(2, static_cast<std::uint8_t>(static_cast<std::uint8_t>(operation_) | control_));
    return *this;
  }

  Operation operation_;
  std::uint8_t control_ = 0;
  Builder<wide_work_request> entry_;
};

}  // namespace efa::lab::test
