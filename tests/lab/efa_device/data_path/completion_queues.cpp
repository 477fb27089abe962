#include "tests/lab/efa_device/data_path/completion_queues.h"

#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <limits>

namespace efa::lab {
namespace {

/// CREATE_CQ: capabilities
constexpr std::uint8_t interrupt_mode = 1 << 5;
constexpr std::uint8_t in_virtual_memory = 1 << 6;
constexpr std::uint8_t entry_words_mask = 0x1f;
constexpr std::uint8_t set_source_address = 1 << 5;
constexpr std::uint8_t wide_request_ids = 1 << 6;

constexpr std::uint16_t rings_of_queue = 1;  // sub-CQs
constexpr std::uint32_t doorbell_valid = 1;
constexpr unsigned arm_bit = 31;
constexpr std::size_t flags_offset = 3;  // in an entry

}  // namespace

AdminStatus CompletionQueues::create(Bytes request, MutableBytes response) {
  Queue queue;
  queue.has_events = (request[0] & interrupt_mode) != 0;
  queue.names_sources = (request[1] & set_source_address) != 0;
  queue.entry_size = (request[1] & entry_words_mask) * 4U;
  queue.depth = load<std::uint16_t>(request, 2);
  queue.event_queue = load<std::uint16_t>(request, 4);
  queue.base = load<std::uint64_t>(request, 8);
  if ((request[0] & in_virtual_memory) != 0 || (request[1] & wide_request_ids) != 0 ||
      (queue.entry_size != short_completion && queue.entry_size != long_completion) ||
      !std::has_single_bit(queue.depth) || queue.depth > max_completion_queue_depth ||
      queue.base % short_completion != 0 || load<std::uint16_t>(request, 20) != rings_of_queue ||
      (queue.has_events && !events_.has(queue.event_queue))) {
    return AdminStatus::illegal_parameter;
  }
  const auto number = queues_.add(queue);
  if (!number) {
    return AdminStatus::resource_allocation_failure;
  }
  store(response, 0, *number);
  store(response, 2, static_cast<std::uint16_t>(queue.depth));
  store(response, 4, completion_doorbells + *number * doorbell_page);
  // No doorbell where it is of no use: each write to one is a trap.
  store(response, 8, queue.has_events ? doorbell_valid : 0U);
  return AdminStatus::success;
}

AdminStatus CompletionQueues::destroy(Bytes request) {
  return queues_.remove(load<std::uint16_t>(request)) ? AdminStatus::success
                                                      : AdminStatus::illegal_parameter;
}

// 15:0 consumer index, 31 arm
void CompletionQueues::doorbell(std::uint16_t number, std::uint32_t value) {
  Queue* queue = queues_.find(number);
  if (queue != nullptr && (value >> arm_bit) != 0) {
    queue->armed = queue->has_events;
  }
}

void CompletionQueues::post(std::uint16_t number, CompletionEntry entry) {
  Queue* queue = queues_.find(number);
  if (queue == nullptr) {
    return;
  }
  const std::uint32_t slot = queue->produced % queue->depth;
  const MutableBytes to =
      bus_.memory(queue->base + std::uint64_t{slot} * queue->entry_size, queue->entry_size);
  if (to.size() != queue->entry_size) {
    return;
  }
  if (queue->produced / queue->depth % 2 == 0) {
    entry.flags |= completion_phase;
  }
  std::array<std::uint8_t, sizeof entry> bytes;
  std::memcpy(bytes.data(), &entry, sizeof entry);
  std::memcpy(to.data(), bytes.data(), flags_offset);
  const std::size_t rest = flags_offset + 1;
  std::memcpy(to.data() + rest, bytes.data() + rest, queue->entry_size - rest);
  // The guest takes the entry as soon as it sees the phase.
  std::atomic_ref<std::uint8_t>(to[flags_offset]).store(entry.flags, std::memory_order_release);
  queue->produced++;
  if (queue->armed) {
    queue->armed = false;
    events_.post(queue->event_queue, number);
  }
}

bool CompletionQueues::has(std::uint32_t queue) const {
  return queue <= std::numeric_limits<std::uint16_t>::max() &&
         queues_.find(static_cast<std::uint16_t>(queue)) != nullptr;
}

bool CompletionQueues::names_sources(std::uint16_t queue) const {
  const Queue* found = queues_.find(queue);
  return found != nullptr && found->names_sources;
}

}  // namespace efa::lab
