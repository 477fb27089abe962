#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "tests/lab/efa_device/admin.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

enum class QueuePairState : std::uint32_t {
  reset,
  init,
  ready_to_receive,
  ready_to_send,
  send_queue_drained,
  send_queue_error,
  error,
};

/// A ring of work requests. Its counters wrap at 2^16, which its depth divides.
struct WorkQueue {
  std::uint32_t depth = 0;       // a power of two, or no ring at all
  std::uint32_t entry_size = 0;  // bytes
  std::uint16_t consumed = 0;
  std::uint16_t produced = 0;

  [[nodiscard]] bool empty() const { return depth == 0 || consumed == produced; }
  /// A doorbell's value; one that says more than the ring holds is passed over.
  [[nodiscard]] bool produce(std::uint16_t count) {
    if (static_cast<std::uint16_t>(count - consumed) > depth) {
      return false;
    }
    produced = count;
    return true;
  }
  /// Where in the ring an entry is, by its counter.
  [[nodiscard]] std::uint64_t offset_of(std::uint16_t count) const {
    return std::uint64_t{count % depth} * entry_size;
  }
};

struct QueuePair {
  std::uint16_t number = 0;
  std::uint16_t domain = 0;
  std::uint16_t send_completions = 0;     // completion queue
  std::uint16_t receive_completions = 0;  // completion queue
  bool reliable = false;                  // SRD; else UD
  bool unsolicited = false;               // writes with immediate data take no receive buffer
  QueuePairState state = QueuePairState::reset;
  std::uint32_t qkey = 0;
  std::uint32_t packet_number = 0;
  std::uint8_t rnr_retries = 0;
  std::uint64_t receive_ring = 0;  // in the guest's memory
  WorkQueue sends;                 // in the LLQ memory
  WorkQueue receives;

  [[nodiscard]] bool may_send() const {
    return state == QueuePairState::ready_to_send || state == QueuePairState::send_queue_drained;
  }
  [[nodiscard]] bool may_receive() const {
    return state >= QueuePairState::ready_to_receive && state < QueuePairState::error;
  }

  /// MODIFY_QP. What follows from a new state is the caller's to do.
  [[nodiscard]] AdminStatus modify(Bytes request);
  /// QUERY_QP
  void query(MutableBytes response) const;
};

/// MODIFY_QP: whether it sets the state.
[[nodiscard]] bool sets_state(Bytes modify_request);

/// The queue pairs of a device. The low bits of a number are the slot, which says where its
/// doorbells and send ring are; the high bits make the number new when a slot is used again.
///
/// Threads  none of its own; callers hold the fabric's lock
class QueuePairs {
 public:
  using Slots = std::map<std::uint16_t, QueuePair>;

  /// CREATE_QP; its protection domain and completion queues exist.
  [[nodiscard]] AdminStatus create(Bytes request, MutableBytes response);
  /// The handle given by create() is the number.
  [[nodiscard]] QueuePair* find(std::uint32_t number);
  [[nodiscard]] QueuePair* in_slot(std::uint16_t slot);
  void destroy(const QueuePair& pair);
  void clear();

  [[nodiscard]] const Slots& slots() const { return slots_; }
  [[nodiscard]] static std::uint16_t slot_of(std::uint32_t number);

 private:
  Slots slots_;
  std::uint16_t last_slot_ = 0;
  std::uint8_t generation_ = 0;
};

/// CREATE_QP: what it refers to.
struct QueuePairReferences {
  std::uint16_t domain;
  std::uint32_t send_completions;
  std::uint32_t receive_completions;
};
[[nodiscard]] QueuePairReferences references_of(Bytes create_request);

}  // namespace efa::lab
