#include "collectors/ownership/ownership_reader.h"

#include <algorithm>
#include <utility>

namespace efa {
namespace {

struct InMemory {
  Resource resource;
  ObjectKind object;
};
// Those whose entries cost the device nothing.
constexpr InMemory kinds_in_memory[] = {{Resource::ctx, ObjectKind::context},
                                        {Resource::pd, ObjectKind::pd},
                                        {Resource::cq, ObjectKind::cq},
                                        {Resource::mr, ObjectKind::mr}};

// What a kernel does not know is no problem: it is not asked again.
void note(Ownership& ownership, const Error& error) {
  if (!ownership.problem && error.reason != Reason::unsupported) {
    ownership.problem = error;
  }
}

}  // namespace

Ownership OwnershipReader::read(std::span<const NamedDevice> devices, bool queue_pairs) {
  Ownership ownership;
  ownership.devices.assign(devices.begin(), devices.end());
  ownership.taken = clock_.now();
  if (devices.empty()) {
    return ownership;  // asking might make the kernel load what this host has no use for
  }
  const auto known = rdma_.devices();
  if (!known) {
    // Without RDMA there is nobody who holds anything.
    if (known.error().reason != Reason::absent) {
      note(ownership, known.error());
    }
    return ownership;
  }
  OwnershipBuilder builder;
  for (const RdmaDevice& device : *known) {
    const auto asked = std::find_if(devices.begin(), devices.end(), [&](const NamedDevice& named) {
      return named.name == device.name;
    });
    if (asked != devices.end()) {
      read_device({asked->identity, device.index}, queue_pairs, ownership, builder);
    }
  }
  std::erase_if(queue_pairs_, [&](const auto& entry) {
    return std::none_of(known->begin(), known->end(),
                        [&](const RdmaDevice& device) { return device.index == entry.first; });
  });
  processes_.forget_unused();
  ownership.owners = std::move(builder).owners();
  return ownership;
}

void OwnershipReader::read_device(const Asked& device, bool queue_pairs, Ownership& ownership,
                                  OwnershipBuilder& builder) {
  read_summary(device, ownership);
  for (const InMemory& kind : kinds_in_memory) {
    if (const auto objects = rdma_.objects(device.index, kind.object)) {
      assign(device.identity, kind.resource, objects->entries, ownership, builder);
    } else {
      note(ownership, objects.error());
    }
  }
  if (!queue_pairs) {
    return;
  }
  if (const auto pairs = queue_pairs_of(device.index)) {
    assign(device.identity, Resource::qp, *pairs, ownership, builder);
  } else {
    note(ownership, pairs.error());
  }
}

void OwnershipReader::read_summary(const Asked& device, Ownership& ownership) {
  const auto summary = rdma_.resource_summary(device.index);
  if (!summary) {
    note(ownership, summary.error());
    return;
  }
  DeviceResources resources{.device = device.identity, .counts = {}};
  for (const ResourceCount& count : *summary) {
    for (std::size_t i = 0; i < resource_kinds; ++i) {
      if (count.name == to_string(static_cast<Resource>(i))) {
        resources.counts[i] = count.count;
      }
    }
  }
  ownership.resources.push_back(std::move(resources));
}

Result<std::vector<RdmaObject>> OwnershipReader::queue_pairs_of(std::uint32_t index) {
  const auto now = clock_.now();
  const auto known = queue_pairs_.find(index);
  if (known != queue_pairs_.end() && now - known->second.taken < queue_pair_age) {
    return known->second.entries;
  }
  auto objects = rdma_.objects(index, ObjectKind::qp);
  if (!objects) {
    return objects.error();
  }
  queue_pairs_[index] = {objects->entries, now};
  return std::move(objects->entries);
}

void OwnershipReader::assign(const std::string& device, Resource resource,
                             std::span<const RdmaObject> objects, Ownership& ownership,
                             OwnershipBuilder& builder) {
  for (const RdmaObject& object : objects) {
    if (!object.kernel_name.empty()) {
      continue;  // a kernel module's, which is no workload
    }
    if (!object.pid) {
      ++ownership.hidden;
      continue;
    }
    if (const auto workload = processes_.find(*object.pid)) {
      builder.add(device, resource, **workload, object.mr_length.value_or(0));
    } else if (workload.error().reason == Reason::denied) {
      ++ownership.hidden;
    }  // else it has just gone
  }
}

}  // namespace efa
