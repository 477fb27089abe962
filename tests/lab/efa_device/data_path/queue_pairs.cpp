#include "tests/lab/efa_device/data_path/queue_pairs.h"

#include <bit>
#include <limits>
#include <optional>

#include "tests/lab/efa_device/data_path/limits.h"
#include "tests/lab/efa_device/data_path/work_request.h"

namespace efa::lab {
namespace {

constexpr unsigned generation_shift = 8;
static_assert(max_queue_pairs == 1U << generation_shift);

/// CREATE_QP
enum class Kind : std::uint8_t { ud = 1, srd = 2 };
constexpr std::uint8_t virtual_send_ring = 1 << 0;
constexpr std::uint8_t virtual_receive_ring = 1 << 1;
constexpr std::uint8_t unsolicited_writes = 1 << 2;
constexpr std::uint8_t wide_request_ids = 1 << 3;

/// MODIFY_QP: what of it counts
constexpr std::uint32_t modify_state = 1 << 0;
constexpr std::uint32_t modify_qkey = 1 << 2;
constexpr std::uint32_t modify_packet_number = 1 << 3;
constexpr std::uint32_t modify_rnr_retries = 1 << 5;

/// The size of an entry is told only by the sizes of the ring.
std::optional<WorkQueue> send_queue(std::uint32_t ring_size, std::uint32_t depth) {
  if (ring_size == 0 && depth == 0) {
    return WorkQueue{};
  }
  if (ring_size > llq_size || !std::has_single_bit(depth) || depth > max_send_depth ||
      (ring_size != depth * narrow_work_request && ring_size != depth * wide_work_request)) {
    return std::nullopt;
  }
  return WorkQueue{.depth = depth, .entry_size = ring_size / depth};
}

/// The depth in the command counts work requests; the ring is of descriptors.
std::optional<WorkQueue> receive_queue(std::uint32_t ring_size) {
  constexpr std::uint32_t entry_size = sizeof(ReceiveDescriptor);
  const std::uint32_t depth = ring_size / entry_size;
  if (ring_size % entry_size != 0 || depth > max_receive_descriptors ||
      (depth != 0 && !std::has_single_bit(depth))) {
    return std::nullopt;
  }
  return WorkQueue{.depth = depth, .entry_size = entry_size};
}

std::optional<QueuePair> queue_pair_of(Bytes request) {
  const auto kind = static_cast<Kind>(request[2]);
  const std::uint8_t flags = request[3];
  const auto sends = send_queue(load<std::uint32_t>(request, 36), load<std::uint32_t>(request, 40));
  const auto receives = receive_queue(load<std::uint32_t>(request, 44));
  const auto receive_ring = load<std::uint64_t>(request, 12);
  if ((kind != Kind::ud && kind != Kind::srd) ||
      (flags & (virtual_send_ring | virtual_receive_ring | wide_request_ids)) != 0 || !sends ||
      !receives || receive_ring % sizeof(ReceiveDescriptor) != 0) {
    return std::nullopt;
  }
  const QueuePairReferences references = references_of(request);
  QueuePair pair;
  pair.domain = references.domain;
  pair.send_completions = static_cast<std::uint16_t>(references.send_completions);
  pair.receive_completions = static_cast<std::uint16_t>(references.receive_completions);
  pair.reliable = kind == Kind::srd;
  pair.unsolicited = (flags & unsolicited_writes) != 0;
  pair.receive_ring = receive_ring;
  pair.sends = *sends;
  pair.receives = *receives;
  return pair;
}

}  // namespace

QueuePairReferences references_of(Bytes create_request) {
  return {.domain = load<std::uint16_t>(create_request),
          .send_completions = load<std::uint32_t>(create_request, 20),
          .receive_completions = load<std::uint32_t>(create_request, 24)};
}

bool sets_state(Bytes modify_request) {
  return (load<std::uint32_t>(modify_request) & modify_state) != 0;
}

AdminStatus QueuePair::modify(Bytes request) {
  const auto mask = load<std::uint32_t>(request);
  const auto wanted = load<std::uint32_t>(request, 8);
  if ((mask & modify_state) != 0 && wanted > static_cast<std::uint32_t>(QueuePairState::error)) {
    return AdminStatus::illegal_parameter;
  }
  if ((mask & modify_qkey) != 0) {
    qkey = load<std::uint32_t>(request, 16);
  }
  if ((mask & modify_packet_number) != 0) {
    packet_number = load<std::uint32_t>(request, 20);
  }
  if ((mask & modify_rnr_retries) != 0) {
    rnr_retries = request[25];
  }
  if ((mask & modify_state) != 0) {
    state = static_cast<QueuePairState>(wanted);
    if (state == QueuePairState::reset) {
      sends.consumed = sends.produced = 0;
      receives.consumed = receives.produced = 0;
    }
  }
  return AdminStatus::success;
}

void QueuePair::query(MutableBytes response) const {
  store(response, 0, static_cast<std::uint32_t>(state));
  store(response, 4, qkey);
  store(response, 8, packet_number);
  store(response, 13, rnr_retries);
}

AdminStatus QueuePairs::create(Bytes request, MutableBytes response) {
  auto pair = queue_pair_of(request);
  if (!pair) {
    return AdminStatus::illegal_parameter;
  }
  if (slots_.size() >= max_queue_pairs) {
    return AdminStatus::resource_allocation_failure;
  }
  do {
    last_slot_ = static_cast<std::uint16_t>((last_slot_ + 1) % max_queue_pairs);
    if (last_slot_ == 0) {
      // The same slots again, under other numbers; 0 is nobody's.
      constexpr auto last_generation = std::numeric_limits<std::uint8_t>::max();
      generation_ = generation_ == last_generation ? 1 : static_cast<std::uint8_t>(generation_ + 1);
    }
  } while (slots_.count(last_slot_) != 0);
  pair->number = static_cast<std::uint16_t>(last_slot_ | generation_ << generation_shift);
  slots_.emplace(last_slot_, *pair);

  const std::uint32_t doorbell = last_slot_ * doorbell_page;
  store(response, 0, std::uint32_t{pair->number});  // the handle
  store(response, 4, pair->number);
  store(response, 12, doorbell);
  store(response, 16, doorbell + receive_doorbell);
  store(response, 20, static_cast<std::uint32_t>(last_slot_ * llq_size));
  return AdminStatus::success;
}

std::uint16_t QueuePairs::slot_of(std::uint32_t number) {
  return static_cast<std::uint16_t>(number % max_queue_pairs);
}

QueuePair* QueuePairs::find(std::uint32_t number) {
  QueuePair* pair = in_slot(slot_of(number));
  return pair != nullptr && pair->number == number ? pair : nullptr;
}

QueuePair* QueuePairs::in_slot(std::uint16_t slot) {
  const auto found = slots_.find(slot);
  return found == slots_.end() ? nullptr : &found->second;
}

void QueuePairs::destroy(const QueuePair& pair) { slots_.erase(slot_of(pair.number)); }

void QueuePairs::clear() {
  slots_.clear();
  last_slot_ = 0;
  generation_ = 0;
}

}  // namespace efa::lab
