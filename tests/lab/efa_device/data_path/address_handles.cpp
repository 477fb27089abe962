#include "tests/lab/efa_device/data_path/address_handles.h"

#include "tests/lab/efa_device/data_path/work_request.h"

namespace efa::lab {

// CREATE_AH: GID, then protection domain
AdminStatus AddressHandles::create(Bytes request, MutableBytes response) {
  const Destination destination(load<std::uint16_t>(request, sizeof(Gid)), load<Gid>(request));
  std::uint16_t number = handle_for(destination.first, destination.second);
  if (number != unknown_address_handle) {
    handles_.find(number)->users++;
  } else {
    const auto added = handles_.add({destination});
    if (!added) {
      return AdminStatus::resource_allocation_failure;
    }
    number = *added;
    numbers_.emplace(destination, number);
  }
  store(response, 0, number);
  return AdminStatus::success;
}

// DESTROY_AH: handle
AdminStatus AddressHandles::destroy(Bytes request) {
  const auto number = load<std::uint16_t>(request);
  Handle* handle = handles_.find(number);
  if (handle == nullptr) {
    return AdminStatus::illegal_parameter;
  }
  if (--handle->users == 0) {
    numbers_.erase(handle->destination);
    handles_.remove(number);
  }
  return AdminStatus::success;
}

void AddressHandles::clear() {
  handles_.clear();
  numbers_.clear();
}

const Gid* AddressHandles::destination(std::uint16_t domain, std::uint16_t handle) const {
  const Handle* found = handles_.find(handle);
  return found != nullptr && found->destination.first == domain ? &found->destination.second
                                                                : nullptr;
}

std::uint16_t AddressHandles::handle_for(std::uint16_t domain, const Gid& gid) const {
  const auto found = numbers_.find({domain, gid});
  return found == numbers_.end() ? unknown_address_handle : found->second;
}

}  // namespace efa::lab
