#include "tests/lab/efa_device/data_path/data_path.h"

#include <cassert>
#include <optional>

namespace efa::lab {
namespace {

/// What follows the descriptor of the shorter kind of request, and of a completion.
constexpr std::size_t request_size = 60;
constexpr std::size_t response_size = 56;

AdminStatus destroyed(bool there_was_one) {
  return there_was_one ? AdminStatus::success : AdminStatus::illegal_parameter;
}

AdminStatus created(std::optional<std::uint16_t> number, MutableBytes response) {
  if (!number) {
    return AdminStatus::resource_allocation_failure;
  }
  store(response, 0, *number);
  return AdminStatus::success;
}

}  // namespace

DataPath::DataPath(const Profile& profile, Bus& bus, Statistics& statistics,
                   const NetworkFaults& faults, Fabric& fabric, const Gid& gid, const Clock& clock)
    : fabric_(fabric),
      clock_(clock),
      objects_(bus),
      port_(profile, bus, objects_, statistics, faults, fabric, gid) {}

void DataPath::reset() {
  fabric_.forget(port_);
  objects_.clear();
}

AdminStatus DataPath::execute(AdminOp op, std::uint8_t flags, Bytes request,
                              MutableBytes response) {
  assert(response.size() >= response_size);
  if (request.size() < request_size) {
    return AdminStatus::malformed_request;
  }
  switch (op) {
    case AdminOp::modify_qp:
      return modify_queue_pair(request);
    case AdminOp::query_qp:
      return query_queue_pair(request, response);
    case AdminOp::destroy_qp:
      return destroy_queue_pair(request);
    case AdminOp::destroy_ah:
      return objects_.address_handles.destroy(request);
    case AdminOp::dereg_mr:
      return objects_.memory_regions.deregister(request);
    case AdminOp::destroy_cq:
      return objects_.completion_queues.destroy(request);
    case AdminOp::destroy_eq:
      return objects_.event_queues.destroy(request);
    case AdminOp::dealloc_pd:
      return destroyed(objects_.protection_domains.remove(load<std::uint16_t>(request)));
    case AdminOp::dealloc_uar:
      return destroyed(objects_.user_regions.remove(load<std::uint16_t>(request)));
    default:
      return create(op, flags, request, response);
  }
}

AdminStatus DataPath::create(AdminOp op, std::uint8_t flags, Bytes request, MutableBytes response) {
  switch (op) {
    case AdminOp::alloc_pd:
      return created(objects_.protection_domains.add({}), response);
    case AdminOp::alloc_uar:
      return created(objects_.user_regions.add({}), response);
    case AdminOp::create_qp:
      return create_queue_pair(request, response);
    case AdminOp::create_cq:
      return objects_.completion_queues.create(request, response);
    case AdminOp::create_eq:
      return objects_.event_queues.create(request, response);
    case AdminOp::create_ah:
      return has_domain(request, sizeof(Gid)) ? objects_.address_handles.create(request, response)
                                              : AdminStatus::illegal_parameter;
    case AdminOp::reg_mr:
      return has_domain(request, 0)
                 ? objects_.memory_regions.register_pages(flags, request, response)
                 : AdminStatus::illegal_parameter;
    case AdminOp::alloc_mr:
      return has_domain(request, 0) ? objects_.memory_regions.allocate(request, response)
                                    : AdminStatus::illegal_parameter;
    default:
      return AdminStatus::unsupported_opcode;
  }
}

bool DataPath::has_domain(Bytes request, std::size_t offset) const {
  return objects_.protection_domains.find(load<std::uint16_t>(request, offset)) != nullptr;
}

AdminStatus DataPath::create_queue_pair(Bytes request, MutableBytes response) {
  const QueuePairReferences references = references_of(request);
  if (objects_.protection_domains.find(references.domain) == nullptr ||
      !objects_.completion_queues.has(references.send_completions) ||
      !objects_.completion_queues.has(references.receive_completions)) {
    return AdminStatus::illegal_parameter;
  }
  return objects_.queue_pairs.create(request, response);
}

AdminStatus DataPath::modify_queue_pair(Bytes request) {
  QueuePair* pair = objects_.queue_pairs.find(load<std::uint32_t>(request, 4));
  if (pair == nullptr) {
    return AdminStatus::illegal_parameter;
  }
  const AdminStatus status = pair->modify(request);
  if (status == AdminStatus::success && sets_state(request)) {
    port_.enter_state(*pair);
  }
  return status;
}

AdminStatus DataPath::query_queue_pair(Bytes request, MutableBytes response) {
  const QueuePair* pair = objects_.queue_pairs.find(load<std::uint32_t>(request));
  if (pair == nullptr) {
    return AdminStatus::illegal_parameter;
  }
  pair->query(response);
  return AdminStatus::success;
}

AdminStatus DataPath::destroy_queue_pair(Bytes request) {
  const QueuePair* pair = objects_.queue_pairs.find(load<std::uint32_t>(request));
  if (pair == nullptr) {
    return AdminStatus::illegal_parameter;
  }
  // Nothing of it completes any more: the guest would not know whose completion that is.
  fabric_.take(port_, *pair);
  objects_.queue_pairs.destroy(*pair);
  return AdminStatus::success;
}

void DataPath::doorbell(std::uint64_t offset, std::uint32_t value) {
  if (offset >= doorbell_bar_size) {
    return;
  }
  const auto page = static_cast<std::uint16_t>(offset / doorbell_page);
  const auto in_page = static_cast<std::uint32_t>(offset % doorbell_page);
  if (offset >= completion_doorbells) {
    const auto first = static_cast<std::uint16_t>(completion_doorbells / doorbell_page);
    objects_.completion_queues.doorbell(static_cast<std::uint16_t>(page - first), value);
    return;
  }
  QueuePair* pair = objects_.queue_pairs.in_slot(page);
  if (pair == nullptr) {
    return;
  }
  const auto count = static_cast<std::uint16_t>(value);
  if (in_page == 0 && pair->sends.produce(count)) {
    port_.run_send_queue(*pair, llq_.of_slot(page), clock_.now());
  } else if (in_page == receive_doorbell && pair->receives.produce(count)) {
    if (pair->state == QueuePairState::error) {
      port_.flush_receives(*pair);
    }
    fabric_.retry(clock_.now());
  }
}

void DataPath::event_queue_doorbell(std::uint32_t value) { objects_.event_queues.doorbell(value); }

std::string DataPath::describe() const {
  const auto number = [](auto value) { return std::to_string(value); };
  std::string text;
  for (const auto& [slot, pair] : objects_.queue_pairs.slots()) {
    text += "qp " + number(pair.number) + (pair.reliable ? " srd" : " ud") + " state " +
            number(static_cast<unsigned>(pair.state)) + " pd " + number(pair.domain) + " sent " +
            number(pair.sends.consumed) + " received " + number(pair.receives.consumed) + " of " +
            number(pair.receives.produced) + "\n";
  }
  return text + "pds " + number(objects_.protection_domains.size()) + " mrs " +
         number(objects_.memory_regions.size()) + " cqs " +
         number(objects_.completion_queues.size()) + " eqs " +
         number(objects_.event_queues.size()) + " ahs " + number(objects_.address_handles.size()) +
         " waiting " + number(fabric_.waiting(port_)) + "\n";
}

}  // namespace efa::lab
