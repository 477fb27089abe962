#include "collectors/engine/reading.h"

namespace efa {

const std::string& DeviceAttributes::identity() const {
  if (!pci_address.empty()) {
    return pci_address;
  }
  return node_guid.empty() ? name : node_guid;
}

void DeviceReading::reset(std::shared_ptr<const DeviceLayout> new_layout) {
  layout = std::move(new_layout);
  values.resize(layout->counters.size());
  present.assign(layout->counters.size(), 0);
  failures.fill(0);
  state = DeviceState::down;
  problem.reset();
}

}  // namespace efa
