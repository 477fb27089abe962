#include <cstddef>

#include "tests/lab/efa_device/data_path/port.h"

namespace efa::lab {

CompletionStatus Port::gather_send(const QueuePair& pair, const WorkRequest& request,
                                   Payload& payload) const {
  if (request.is_inline) {
    if (request.length > request.room) {
      return CompletionStatus::bad_length;
    }
    payload.pieces = take_inline(request, payload);
    payload.size = request.length;
    return CompletionStatus::ok;
  }
  if (request.length > request.local.size()) {
    return CompletionStatus::bad_length;
  }
  for (std::size_t i = 0; i < request.length; i++) {
    const Buffer& buffer = request.local.at(i);
    if (!objects_.memory_regions.map(pair.domain, buffer, Access::local_read, payload.pieces)) {
      return CompletionStatus::bad_local_key;
    }
    payload.size += buffer.length;
  }
  return payload.size > max_message ? CompletionStatus::bad_length : CompletionStatus::ok;
}

Attempt Port::send(const QueuePair& pair, const WorkRequest& request, Try which) {
  const Gid* destination =
      objects_.address_handles.destination(pair.domain, request.address_handle);
  if (destination == nullptr) {
    return CompletionStatus::bad_address_handle;
  }
  Payload payload;
  const CompletionStatus gathered = gather_send(pair, request, payload);
  if (gathered != CompletionStatus::ok) {
    return gathered;
  }
  if (which == Try::first) {
    statistics_.add(Counter::send_wrs, 1);
    statistics_.add(Counter::send_bytes, payload.size);
    if (pair.reliable) {
      packets_.sent_reliably(payload.size);
    } else {
      packets_.sent_datagram(payload.size);
    }
  }
  const Route route = route_to(*destination);
  const Message message{gid_, pair, request, payload.pieces, payload.size};
  if (pair.reliable) {
    return route.peer != nullptr ? route.peer->receive(message) : route.failure;
  }
  if (route.peer != nullptr && !packets_.loses_packet()) {
    (void)route.peer->receive(message);
  }
  return CompletionStatus::ok;  // a datagram has left, whatever became of it
}

}  // namespace efa::lab
