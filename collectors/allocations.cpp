#include "collectors/allocations.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "collectors/catalogue/agent_metrics.h"

namespace efa {
namespace {

bool concerns(const PodAllocation& allocation, const DeviceAttributes& device) {
  return (!allocation.device_name.empty() && allocation.device_name == device.name) ||
         (!allocation.pci_address.empty() && allocation.pci_address == device.pci_address);
}

auto labels_of(const PodAllocation& allocation) {
  return std::tie(allocation.name_space, allocation.pod, allocation.container, allocation.resource);
}

}  // namespace

void Allocations::describe(const DeviceLayouts& devices, SeriesPlan& /*plan*/) {
  rows_.clear();
  shown_.reset();
  devices_ = devices;
}

bool Allocations::collect(const Reading& /*reading*/, SampleSink& sink) {
  const auto latest = refresher_->latest({}, std::exchange(patience_, {}));
  if (!latest) {
    return false;
  }
  renew(latest);
  for (const auto& [device, allocation] : rows_) {
    sink.add(metric::device_allocation_info,
             {{"device", device->name},
              {"namespace", allocation->name_space},
              {"pod", allocation->pod},
              {"container", allocation->container},
              {"resource", allocation->resource}},
             1);
  }
  return !latest->problem;
}

void Allocations::renew(const std::shared_ptr<const PodAllocations>& latest) {
  if (latest == shown_) {
    return;
  }
  rows_.clear();
  shown_ = latest;
  for (const auto& device : devices_) {
    add_rows(device->attributes);
  }
}

void Allocations::add_rows(const DeviceAttributes& device) {
  const auto before = static_cast<std::ptrdiff_t>(rows_.size());
  for (const PodAllocation& allocation : shown_->entries) {
    if (concerns(allocation, device)) {
      rows_.push_back({&device, &allocation});
    }
  }
  // In the same order, however the kubelet had them, and what it told twice once.
  const auto first = rows_.begin() + before;
  std::sort(first, rows_.end(), [](const Row& a, const Row& b) {
    return labels_of(*a.allocation) < labels_of(*b.allocation);
  });
  const auto last = std::unique(first, rows_.end(), [](const Row& a, const Row& b) {
    return labels_of(*a.allocation) == labels_of(*b.allocation);
  });
  rows_.erase(last, rows_.end());
}

}  // namespace efa
