#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "collectors/catalogue/hw_counters.h"
#include "collectors/collector.h"

namespace efa::test {

inline CounterSlot port_slot(const std::string& file, const std::string& port = "1") {
  return {find_hw_counter(file), file, port, port};
}

/// `listed_at_port` is empty since release 1.14.
inline CounterSlot device_slot(const std::string& file, const std::string& listed_at_port = "") {
  return {find_hw_counter(file), file, "", listed_at_port};
}

inline std::shared_ptr<DeviceLayout> make_layout(const std::string& name,
                                                 std::vector<CounterSlot> counters) {
  auto layout = std::make_shared<DeviceLayout>();
  layout->attributes.name = name;
  layout->attributes.ports = {PortAttributes{"1", 12.5e9, 10}};
  layout->counters = std::move(counters);
  return layout;
}

/// A reading in which all devices are up and have all their values.
inline Reading make_reading(const DeviceLayouts& layouts) {
  Reading reading;
  for (const auto& layout : layouts) {
    DeviceReading& device = reading.devices.emplace_back();
    device.reset(layout);
    device.present.assign(layout->counters.size(), 1);
    device.state = DeviceState::up;
  }
  reading.read_errors.resize(layouts.size());
  return reading;
}

}  // namespace efa::test
