#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/lab/efa_device/admin.h"
#include "tests/lab/efa_device/bus.h"
#include "tests/lab/efa_device/data_path/event_queues.h"
#include "tests/lab/efa_device/data_path/limits.h"
#include "tests/lab/efa_device/data_path/numbered.h"
#include "tests/lab/efa_device/data_path/work_request.h"
#include "tests/lab/efa_device/ring.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

/// The completion queues of a device, rings in the guest's memory of 16- or 32-byte entries.
///
/// An armed queue posts one event with its next completion. A guest that makes its queue too small
/// loses what it did not read in time.
///
/// Threads  none of its own; callers hold the fabric's lock
class CompletionQueues {
 public:
  CompletionQueues(Bus& bus, EventQueues& events) : bus_(bus), events_(events) {}

  /// CREATE_CQ
  [[nodiscard]] AdminStatus create(Bytes request, MutableBytes response);
  /// DESTROY_CQ
  [[nodiscard]] AdminStatus destroy(Bytes request);
  void clear() { queues_.clear(); }

  void doorbell(std::uint16_t queue, std::uint32_t value);
  /// Writes an entry; nothing happens if there is no such queue, or no memory where it was.
  void post(std::uint16_t queue, CompletionEntry entry);

  [[nodiscard]] bool has(std::uint32_t queue) const;
  /// Whether a queue's entries name senders that have no address handle here.
  [[nodiscard]] bool names_sources(std::uint16_t queue) const;
  [[nodiscard]] std::size_t size() const { return queues_.size(); }

 private:
  struct Queue {
    Ring ring;
    std::uint16_t event_queue = 0;
    bool has_events = false;
    bool names_sources = false;
    bool armed = false;
    std::uint32_t produced = 0;
  };

  Bus& bus_;
  EventQueues& events_;
  Numbered<Queue> queues_{max_completion_queues};
};

}  // namespace efa::lab
