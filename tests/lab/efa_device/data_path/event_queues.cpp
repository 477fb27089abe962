#include "tests/lab/efa_device/data_path/event_queues.h"

#include <array>
#include <atomic>
#include <bit>
#include <cstring>

namespace efa::lab {
namespace {

constexpr std::size_t entry_size = 16;
constexpr std::uint8_t entry_words = entry_size / 4;
constexpr std::uint8_t entry_words_mask = 0x1f;
constexpr std::size_t completion_queue_offset = 8;  // in an entry
constexpr unsigned arm_bit = 31;

}  // namespace

AdminStatus EventQueues::create(Bytes request, MutableBytes response) {
  Queue queue;
  queue.depth = load<std::uint16_t>(request);
  queue.vector = request[2];
  queue.base = load<std::uint64_t>(request, 4);
  if ((request[3] & entry_words_mask) != entry_words || !std::has_single_bit(queue.depth) ||
      queue.depth > max_event_queue_depth || queue.base % entry_size != 0) {
    return AdminStatus::illegal_parameter;
  }
  const auto number = queues_.add(queue);
  if (!number) {
    return AdminStatus::resource_allocation_failure;
  }
  store(response, 0, *number);
  return AdminStatus::success;
}

AdminStatus EventQueues::destroy(Bytes request) {
  return queues_.remove(load<std::uint16_t>(request)) ? AdminStatus::success
                                                      : AdminStatus::illegal_parameter;
}

// 15:0 number, 31 arm
void EventQueues::doorbell(std::uint32_t value) {
  Queue* queue = queues_.find(static_cast<std::uint16_t>(value));
  if (queue == nullptr || (value >> arm_bit) == 0) {
    return;
  }
  queue->armed = true;
  if (queue->announced != queue->produced) {
    announce(*queue);
  }
}

void EventQueues::post(std::uint16_t number, std::uint16_t completion_queue) {
  Queue* queue = queues_.find(number);
  if (queue == nullptr) {
    return;
  }
  const std::uint32_t slot = queue->produced % queue->depth;
  const MutableBytes entry =
      bus_.memory(queue->base + std::uint64_t{slot} * entry_size, entry_size);
  if (entry.size() != entry_size) {
    return;
  }
  std::array<std::uint8_t, entry_size> event{};
  store(event, completion_queue_offset, completion_queue);
  std::memcpy(entry.data() + 1, event.data() + 1, entry_size - 1);
  // The phase comes last, and turns over with each lap.
  const bool first_lap = queue->produced / queue->depth % 2 == 0;
  std::atomic_ref<std::uint8_t>(entry[0]).store(first_lap ? 1 : 0, std::memory_order_release);
  queue->produced++;
  if (queue->armed) {
    announce(*queue);
  }
}

void EventQueues::announce(Queue& queue) {
  queue.armed = false;
  queue.announced = queue.produced;
  bus_.interrupt(queue.vector);
}

}  // namespace efa::lab
