#include "collectors/ownership/ownership_reader.h"

#include <algorithm>
#include <utility>

namespace efa {
namespace {

struct Kind {
  Resource resource;
  ObjectKind object;
};
// Those whose entries cost the device nothing.
constexpr Kind kinds_in_memory[] = {{Resource::ctx, ObjectKind::context},
                                    {Resource::pd, ObjectKind::pd},
                                    {Resource::cq, ObjectKind::cq},
                                    {Resource::mr, ObjectKind::mr}};

void note(Ownership& ownership, const Error& error) {
  if (!ownership.problem) {
    ownership.problem = error;
  }
}

}  // namespace

Ownership OwnershipReader::read(std::span<const std::string> devices, bool queue_pairs) {
  Ownership ownership;
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
    if (std::find(devices.begin(), devices.end(), device.name) != devices.end()) {
      read_device(device, queue_pairs, ownership, builder);
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

void OwnershipReader::read_device(const RdmaDevice& device, bool queue_pairs, Ownership& ownership,
                                  OwnershipBuilder& builder) {
  read_summary(device, ownership);
  for (const Kind& kind : kinds_in_memory) {
    if (const auto objects = rdma_.objects(device.index, kind.object)) {
      assign(device, kind.resource, objects->entries, ownership, builder);
    } else {
      note(ownership, objects.error());
    }
  }
  if (!queue_pairs) {
    return;
  }
  if (const auto pairs = queue_pairs_of(device)) {
    assign(device, Resource::qp, *pairs, ownership, builder);
  } else {
    note(ownership, pairs.error());
  }
}

void OwnershipReader::read_summary(const RdmaDevice& device, Ownership& ownership) {
  const auto summary = rdma_.resource_summary(device.index);
  if (!summary) {
    note(ownership, summary.error());
    return;
  }
  DeviceResources resources{.device = device.name, .counts = {}};
  for (const ResourceCount& count : *summary) {
    for (std::size_t i = 0; i < resource_kinds; ++i) {
      if (count.name == to_string(static_cast<Resource>(i))) {
        resources.counts[i] = count.count;
      }
    }
  }
  ownership.resources.push_back(std::move(resources));
}

Result<std::vector<RdmaObject>> OwnershipReader::queue_pairs_of(const RdmaDevice& device) {
  const auto now = clock_.now();
  const auto known = queue_pairs_.find(device.index);
  if (known != queue_pairs_.end() && now - known->second.taken < queue_pair_age) {
    return known->second.entries;
  }
  auto objects = rdma_.objects(device.index, ObjectKind::qp);
  if (!objects) {
    return objects.error();
  }
  queue_pairs_[device.index] = {objects->entries, now};
  return std::move(objects->entries);
}

void OwnershipReader::assign(const RdmaDevice& device, Resource resource,
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
      builder.add(device.name, resource, **workload, object.mr_length.value_or(0));
    } else if (workload.error().reason == Reason::denied) {
      ++ownership.hidden;
    }  // else it has just gone
  }
}

}  // namespace efa
