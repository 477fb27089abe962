#include "tests/lab/efa_device/data_path/event_queues.h"

#include <algorithm>
#include <bit>

namespace efa::lab {
namespace {

constexpr std::uint32_t entry_size = 16;
constexpr std::uint8_t entry_words = entry_size / 4;
constexpr std::uint8_t entry_words_mask = 0x1f;
constexpr std::size_t phase_offset = 0;  // in an entry
constexpr std::size_t completion_queue_offset = 8;
constexpr unsigned arm_bit = 31;

}  // namespace

AdminStatus EventQueues::create(Bytes request, MutableBytes response) {
  Queue queue;
  queue.ring = {.base = load<std::uint64_t>(request, 4),
                .depth = load<std::uint16_t>(request),
                .entry_size = entry_size};
  queue.vector = request[2];
  if ((request[3] & entry_words_mask) != entry_words || !std::has_single_bit(queue.ring.depth) ||
      queue.ring.depth > max_event_queue_depth || queue.ring.base % entry_size != 0) {
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
  const MutableBytes entry = bus_.memory(queue->ring.address_of(queue->produced), entry_size);
  if (entry.empty()) {
    return;
  }
  std::fill(entry.begin() + phase_offset + 1, entry.end(), std::uint8_t{0});
  store(entry, completion_queue_offset, completion_queue);
  store_last(entry, phase_offset, queue->ring.phase_of(queue->produced));
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
