#include "collectors/kubelet/pod_resources_answer.h"

#include <algorithm>
#include <string_view>

#include "collectors/kubelet/podresources.pb.h"

namespace efa {
namespace {

constexpr std::string_view plugin_resource = "vpc.amazonaws.com/efa";
constexpr std::string_view dra_driver = "dra.net";

// "0000:00:1f.0" of "pci-0000-00-1f-0"; empty if it has another form.
std::string pci_address_of(std::string_view device) {
  constexpr std::string_view form = "pci-xxxx-xx-xx-x";
  constexpr std::string_view digits = "0123456789abcdef";  // as sysfs has them
  const auto fits = [=](char c, char wanted) {
    return wanted == 'x' ? digits.find(c) != std::string_view::npos : c == wanted;
  };
  if (!std::equal(device.begin(), device.end(), form.begin(), form.end(), fits)) {
    return {};
  }
  std::string address(device.substr(4));
  address[4] = ':';
  address[7] = ':';
  address[10] = '.';
  return address;
}

// Adds the devices of one container to `found`; `allocation` says whose they are.
void add_devices(const v1::ContainerResources& container, PodAllocation allocation,
                 std::vector<PodAllocation>& found) {
  allocation.resource = plugin_resource;
  for (const auto& devices : container.devices()) {
    if (devices.resource_name() != plugin_resource) {
      continue;
    }
    for (const std::string& id : devices.device_ids()) {
      allocation.device_name = id;
      found.push_back(allocation);
    }
  }
  allocation.device_name.clear();
  allocation.resource = dra_driver;
  for (const auto& claim : container.dynamic_resources()) {
    for (const auto& device : claim.claim_resources()) {
      allocation.pci_address = pci_address_of(device.device_name());
      if (device.driver_name() == dra_driver && !allocation.pci_address.empty()) {
        found.push_back(allocation);
      }
    }
  }
}

}  // namespace

std::vector<PodAllocation> efa_allocations(const v1::ListPodResourcesResponse& answer) {
  std::vector<PodAllocation> found;
  for (const auto& pod : answer.pod_resources()) {
    for (const auto& container : pod.containers()) {
      add_devices(container,
                  {.device_name = {},
                   .pci_address = {},
                   .name_space = pod.namespace_(),
                   .pod = pod.name(),
                   .container = container.name(),
                   .resource = {}},
                  found);
    }
  }
  return found;
}

}  // namespace efa
