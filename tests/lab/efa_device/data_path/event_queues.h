#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/lab/efa_device/admin.h"
#include "tests/lab/efa_device/bus.h"
#include "tests/lab/efa_device/data_path/limits.h"
#include "tests/lab/efa_device/data_path/numbered.h"
#include "tests/lab/efa_device/ring.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

/// The event queues of a device: what wakes the guest when a completion queue has something.
///
/// An armed queue raises its interrupt with the next event, once. Events that come while it is not
/// armed raise it as soon as it is.
///
/// Threads  none of its own; callers hold the fabric's lock
class EventQueues {
 public:
  explicit EventQueues(Bus& bus) : bus_(bus) {}

  /// CREATE_EQ
  [[nodiscard]] AdminStatus create(Bytes request, MutableBytes response);
  /// DESTROY_EQ
  [[nodiscard]] AdminStatus destroy(Bytes request);
  void clear() { queues_.clear(); }

  /// A write to register EQ_DB.
  void doorbell(std::uint32_t value);
  /// A completion queue has a completion.
  void post(std::uint16_t queue, std::uint16_t completion_queue);

  [[nodiscard]] bool has(std::uint16_t queue) const { return queues_.find(queue) != nullptr; }
  [[nodiscard]] std::size_t size() const { return queues_.size(); }

 private:
  struct Queue {
    Ring ring;
    std::uint8_t vector = 0;
    bool armed = false;
    std::uint32_t produced = 0;
    std::uint32_t announced = 0;  // how many of them an interrupt was raised for
  };

  void announce(Queue& queue);

  Bus& bus_;
  Numbered<Queue> queues_{max_event_queues};
};

}  // namespace efa::lab
