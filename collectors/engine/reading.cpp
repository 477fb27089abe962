#include "collectors/engine/reading.h"

namespace efa {

void DeviceReading::reset(std::shared_ptr<const DeviceLayout> new_layout) {
  layout = std::move(new_layout);
  values.resize(layout->counters.size());
  present.assign(layout->counters.size(), 0);
  failures.fill(0);
  state = DeviceState::down;
  problem.reset();
}

}  // namespace efa
