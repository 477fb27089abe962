#include "tests/lab/efa_device/data_path/port.h"

#include <algorithm>
#include <cstddef>
#include <variant>

namespace efa::lab {

Port::Port(const Profile& profile, Bus& bus, Objects& objects, Statistics& statistics,
           const NetworkFaults& faults, Fabric& fabric, const Gid& gid)
    : profile_(profile),
      bus_(bus),
      objects_(objects),
      statistics_(statistics),
      faults_(faults),
      fabric_(fabric),
      gid_(gid),
      packets_(statistics, faults) {
  fabric_.attach(gid_, *this);
}

Port::~Port() {
  fabric_.forget(*this);
  fabric_.detach(gid_);
}

void Port::run_send_queue(QueuePair& pair, Bytes ring, SteadyTime now) {
  WorkQueue& queue = pair.sends;
  while (!queue.empty()) {
    // A copy: the guest can write to the ring all the while.
    std::array<std::uint8_t, wide_work_request> entry;
    const Bytes slot = ring.subspan(queue.offset_of(queue.consumed), queue.entry_size);
    std::copy(slot.begin(), slot.end(), entry.begin());
    const WorkRequest request = decode_work_request(Bytes(entry).first(queue.entry_size));
    queue.consumed++;

    const Attempt attempt = this->attempt(pair.number, request, Try::first);
    if (const auto* status = std::get_if<CompletionStatus>(&attempt)) {
      complete(pair.number, request, *status);
    } else if (attempt == Attempt(Delay::no_receive) && pair.rnr_retries == 0) {
      complete(pair.number, request, CompletionStatus::no_receive_posted);
    } else if (fabric_.waiting(*this, pair) >= queue.depth) {
      // More than its ring holds: no guest that waits for completions gets here.
      complete(pair.number, request, CompletionStatus::internal_error);
    } else {
      fabric_.wait(*this, pair, request, std::get<Delay>(attempt), now);
    }
  }
}

void Port::enter_state(QueuePair& pair) {
  if (pair.state != QueuePairState::reset && pair.state != QueuePairState::error) {
    return;
  }
  const auto begun = fabric_.take(*this, pair);
  if (pair.state == QueuePairState::error) {
    for (const WorkRequest& request : begun) {
      complete(pair.number, request, CompletionStatus::flushed);
    }
    flush_receives(pair);
  }
}

void Port::flush_receives(QueuePair& pair) {
  while (const auto receive = next_receive(pair)) {
    pair.receives.consumed =
        static_cast<std::uint16_t>(pair.receives.consumed + receive->descriptors);
    CompletionEntry entry;
    entry.id = receive->id;
    entry.status = CompletionStatus::flushed;
    entry.flags = completion_of_receive;
    entry.queue_pair = pair.number;
    objects_.completion_queues.post(pair.receive_completions, entry);
  }
}

bool Port::supports(const QueuePair& pair, const WorkRequest& request) const {
  switch (request.operation) {
    case Operation::send:
      return true;
    case Operation::rdma_read:
      return profile_.rdma_read && pair.reliable && !request.is_inline;
    case Operation::rdma_write:
      return profile_.rdma_write && pair.reliable && (!request.is_inline || request.room > 0);
  }
  return false;
}

Attempt Port::attempt(std::uint16_t number, const WorkRequest& request, Try which) {
  const QueuePair* pair = objects_.queue_pairs.find(number);
  if (pair == nullptr || !pair->may_send()) {
    return CompletionStatus::flushed;
  }
  if (!supports(*pair, request)) {
    return CompletionStatus::unsupported_operation;
  }
  return request.operation == Operation::send ? send(*pair, request, which)
                                              : rdma(*pair, request, which);
}

void Port::complete(std::uint16_t number, const WorkRequest& request, CompletionStatus status) {
  const QueuePair* pair = objects_.queue_pairs.find(number);
  if (pair == nullptr) {
    return;
  }
  const bool failed = status != CompletionStatus::ok && status != CompletionStatus::flushed;
  if (failed && request.operation == Operation::rdma_read) {
    statistics_.add(Counter::rdma_read_wr_err, 1);
  }
  if (failed && request.operation == Operation::rdma_write) {
    statistics_.add(Counter::rdma_write_wr_err, 1);
  }
  if (status == CompletionStatus::unresponsive) {
    statistics_.add(Counter::unresponsive_remote_events, 1);
  }
  CompletionEntry entry;
  entry.id = request.id;
  entry.status = status;
  const auto operation = static_cast<unsigned>(request.operation) << completion_operation_shift;
  entry.flags = static_cast<std::uint8_t>(completion_of_send | operation);
  entry.queue_pair = number;
  objects_.completion_queues.post(pair->send_completions, entry);
}

void Port::count_timeout(const WorkRequest& request) {
  packets_.timed_out(request.outgoing_bytes());
}

Port::Route Port::route_to(const Gid& gid) const {
  Port* peer = fabric_.find(gid);
  if (faults_.cut || (peer != nullptr && peer->faults_.cut)) {
    return {nullptr, Delay::no_answer};
  }
  return {peer, CompletionStatus::unreachable};
}

Pieces Port::take_inline(const WorkRequest& request, Payload& payload) {
  payload.inline_data = request.data;
  Pieces pieces;
  append(pieces, MutableBytes(payload.inline_data).first(request.length));
  return pieces;
}

}  // namespace efa::lab
