#include "collectors/collector.h"

namespace efa {

std::vector<NamedDevice> named_devices(const DeviceLayouts& devices) {
  std::vector<NamedDevice> named;
  named.reserve(devices.size());
  for (const auto& device : devices) {
    named.push_back({device->attributes.identity(), device->attributes.name});
  }
  return named;
}

}  // namespace efa
