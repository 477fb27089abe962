#include <algorithm>
#include <cstddef>
#include <utility>

#include "tests/lab/efa_device/data_path/port.h"

namespace efa::lab {
namespace {

/// Bytes ahead of a datagram in its receive buffer, as of any UD queue pair.
constexpr std::uint64_t global_route_header = 40;

std::uint64_t header_before(const QueuePair& sender) {
  return sender.reliable ? 0 : global_route_header;
}

}  // namespace

/// The queue pair that a message is for, if it may have it.
QueuePair* Port::target_of(const Message& message) {
  QueuePair* pair = objects_.queue_pairs.find(message.request.destination);
  const bool accepts = pair != nullptr && pair->reliable == message.pair.reliable &&
                       pair->qkey == message.request.qkey && pair->may_receive();
  return accepts ? pair : nullptr;
}

void Port::add_descriptor(const QueuePair& pair, const ReceiveDescriptor& descriptor,
                          Receive& receive) const {
  if (receive.descriptors++ == 0) {
    receive.id = descriptor.id;
  }
  receive.room += descriptor.length;
  const Buffer buffer{
      .length = descriptor.length, .key = descriptor.key(), .address = descriptor.address};
  if (!objects_.memory_regions.map(pair.domain, buffer, Access::local_write, receive.pieces)) {
    receive.status = CompletionStatus::bad_local_key;
  }
}

/// The work request at the head of a receive queue, which stays there; nothing if none is complete.
std::optional<Port::Receive> Port::next_receive(const QueuePair& pair) const {
  const WorkQueue& queue = pair.receives;
  Receive receive;
  for (std::uint16_t at = queue.consumed; queue.depth > 0 && at != queue.produced; at++) {
    const MutableBytes bytes =
        bus_.memory(pair.receive_ring + queue.offset_of(at), sizeof(ReceiveDescriptor));
    if (bytes.size() != sizeof(ReceiveDescriptor)) {
      return std::nullopt;
    }
    const auto descriptor = load<ReceiveDescriptor>(bytes);
    add_descriptor(pair, descriptor, receive);
    if (descriptor.is_last()) {
      return receive;
    }
    if (receive.descriptors == max_receive_buffers) {
      // Longer than one may be: it ends here, of no use.
      receive.status = CompletionStatus::bad_length;
      return receive;
    }
  }
  return std::nullopt;
}

Attempt Port::refuse(const Message& message, Attempt why) {
  if (!message.pair.reliable) {
    statistics_.add(Counter::rx_drops, 1);
  }
  return why;
}

void Port::deliver(const Message& message, const Receive& receive) {
  if (receive.status == CompletionStatus::ok) {
    copy(message.data, without_first(receive.pieces, header_before(message.pair)), message.size);
  }
  packets_.received(message.size);
  statistics_.add(Counter::recv_wrs, 1);
  statistics_.add(Counter::recv_bytes, message.size);
}

CompletionEntry Port::received(const Message& message, const QueuePair& pair,
                               const Receive& receive) const {
  const WorkRequest& request = message.request;
  const bool write = request.operation == Operation::rdma_write;
  const std::uint64_t length = message.size + header_before(message.pair);
  CompletionEntry entry;
  entry.id = receive.id;
  entry.status = write ? CompletionStatus::ok : receive.status;  // a write needs no buffer of it
  unsigned flags = completion_of_receive | static_cast<unsigned>(request.operation)
                                               << completion_operation_shift;
  flags |= request.has_immediate ? completion_immediate : 0U;
  flags |= write && pair.unsolicited ? completion_unsolicited : 0U;
  entry.flags = static_cast<std::uint8_t>(flags);
  entry.queue_pair = pair.number;
  entry.length = static_cast<std::uint16_t>(length);
  entry.address_handle = objects_.address_handles.handle_for(pair.domain, message.source);
  entry.source_queue_pair = message.pair.number;
  entry.immediate = request.immediate;
  if (write) {
    store(entry.extension, 0, static_cast<std::uint16_t>(length >> 16));
  } else if (entry.address_handle == unknown_address_handle &&
             objects_.completion_queues.names_sources(pair.receive_completions)) {
    entry.extension = message.source;
  }
  return entry;
}

/// A send arrives, or the immediate data of a write that is done.
Attempt Port::receive(const Message& message) {
  QueuePair* pair = target_of(message);
  if (pair == nullptr) {
    return refuse(message, CompletionStatus::bad_remote_queue_pair);
  }
  const bool write = message.request.operation == Operation::rdma_write;
  Receive receive;
  if (!write || !pair->unsolicited) {
    auto next = next_receive(*pair);
    if (!next) {
      return refuse(message, Delay::no_receive);
    }
    receive = std::move(*next);
    if (!write && receive.status == CompletionStatus::ok &&
        message.size + header_before(message.pair) > receive.room) {
      return refuse(message, CompletionStatus::receive_too_short);
    }
  }
  pair->receives.consumed =
      static_cast<std::uint16_t>(pair->receives.consumed + receive.descriptors);
  if (!write) {
    deliver(message, receive);
  }
  const CompletionEntry entry = received(message, *pair, receive);
  objects_.completion_queues.post(pair->receive_completions, entry);
  return entry.status == CompletionStatus::ok ? CompletionStatus::ok
                                              : CompletionStatus::remote_abort;
}

}  // namespace efa::lab
