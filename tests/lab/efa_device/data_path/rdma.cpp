#include "tests/lab/efa_device/data_path/port.h"

namespace efa::lab {

CompletionStatus Port::gather_rdma(const QueuePair& pair, const WorkRequest& request,
                                   Payload& payload) const {
  payload.size = request.remote.length;
  if (payload.size > max_rdma) {
    return CompletionStatus::bad_length;
  }
  if (request.is_inline) {
    if (request.length > request.room || request.length != payload.size) {
      return CompletionStatus::bad_length;
    }
    payload.pieces = take_inline(request, payload);
    return CompletionStatus::ok;
  }
  const Buffer& local = request.local.front();
  const std::uint64_t room = request.length > 0 ? local.length : 0;
  if (request.length > max_rdma_buffers || room != payload.size) {
    return CompletionStatus::bad_length;
  }
  const Access access =
      request.operation == Operation::rdma_read ? Access::local_write : Access::local_read;
  if (room > 0 && !objects_.memory_regions.map(pair.domain, local, access, payload.pieces)) {
    return CompletionStatus::bad_local_key;
  }
  return CompletionStatus::ok;
}

Attempt Port::rdma(const QueuePair& pair, const WorkRequest& request, Try which) {
  if (which == Try::first) {
    const bool read = request.operation == Operation::rdma_read;
    statistics_.add(read ? Counter::rdma_read_wrs : Counter::rdma_write_wrs, 1);
  }
  const Gid* destination =
      objects_.address_handles.destination(pair.domain, request.address_handle);
  if (destination == nullptr) {
    return CompletionStatus::bad_address_handle;
  }
  Payload payload;
  const CompletionStatus gathered = gather_rdma(pair, request, payload);
  if (gathered != CompletionStatus::ok) {
    return gathered;
  }
  const Route route = route_to(*destination);
  if (route.peer == nullptr) {
    return route.failure;
  }
  return route.peer->answer_rdma({gid_, pair, request, payload.pieces, payload.size}, *this);
}

Attempt Port::answer_rdma(const Message& message, Port& source) {
  const WorkRequest& request = message.request;
  const std::uint64_t size = message.size;
  const QueuePair* pair = target_of(message);
  if (pair == nullptr) {
    return CompletionStatus::bad_remote_queue_pair;
  }
  if (objects_.address_handles.handle_for(pair->domain, message.source) == unknown_address_handle) {
    return CompletionStatus::unknown_peer;
  }
  const bool read = request.operation == Operation::rdma_read;
  const Access access = read ? Access::remote_read : Access::remote_write;
  Pieces memory;
  if (size > 0 && !objects_.memory_regions.map(pair->domain, request.remote, access, memory)) {
    return CompletionStatus::bad_remote_address;
  }
  if (read) {
    copy(memory, message.data, size);
    statistics_.add(Counter::rdma_read_resp_bytes, size);
    packets_.sent_reliably(size);
    source.statistics_.add(Counter::rdma_read_bytes, size);
    source.packets_.received(size);
    return CompletionStatus::ok;
  }
  // What the immediate data need has to be there before anything is written.
  if (request.has_immediate && !pair->unsolicited && !next_receive(*pair)) {
    return Delay::no_receive;
  }
  copy(message.data, memory, size);
  source.statistics_.add(Counter::rdma_write_bytes, size);
  source.packets_.sent_reliably(size);
  statistics_.add(Counter::rdma_write_recv_bytes, size);
  packets_.received(size);
  return request.has_immediate ? receive(message) : CompletionStatus::ok;
}

}  // namespace efa::lab
