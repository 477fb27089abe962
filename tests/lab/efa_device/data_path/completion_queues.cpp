#include "tests/lab/efa_device/data_path/completion_queues.h"

#include <algorithm>
#include <array>
#include <bit>
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
  queue.ring = {.base = load<std::uint64_t>(request, 8),
                .depth = load<std::uint16_t>(request, 2),
                .entry_size = (request[1] & entry_words_mask) * 4U};
  queue.event_queue = load<std::uint16_t>(request, 4);
  if ((request[0] & in_virtual_memory) != 0 || (request[1] & wide_request_ids) != 0 ||
      (queue.ring.entry_size != short_completion && queue.ring.entry_size != long_completion) ||
      !std::has_single_bit(queue.ring.depth) || queue.ring.depth > max_completion_queue_depth ||
      queue.ring.base % short_completion != 0 ||
      load<std::uint16_t>(request, 20) != rings_of_queue ||
      (queue.has_events && !events_.has(queue.event_queue))) {
    return AdminStatus::illegal_parameter;
  }
  const auto number = queues_.add(queue);
  if (!number) {
    return AdminStatus::resource_allocation_failure;
  }
  store(response, 0, *number);
  store(response, 2, static_cast<std::uint16_t>(queue.ring.depth));
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
  const MutableBytes to =
      bus_.memory(queue->ring.address_of(queue->produced), queue->ring.entry_size);
  if (to.empty()) {
    return;
  }
  if (queue->ring.phase_of(queue->produced) != 0) {
    entry.flags |= completion_phase;
  }
  std::array<std::uint8_t, sizeof entry> bytes;
  store(bytes, 0, entry);
  const std::size_t rest = flags_offset + 1;
  std::copy_n(bytes.begin(), flags_offset, to.begin());
  std::copy(bytes.begin() + rest, bytes.begin() + to.size(), to.begin() + rest);
  store_last(to, flags_offset, entry.flags);
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
