#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <string_view>
#include <thread>

#include "collectors/engine/reading_engine.h"
#include "tests/support/catch.h"

namespace efa::test {

/// The index of a device in a reading, by its PCI address.
inline std::size_t index_of(const Reading& reading, std::string_view identity) {
  const auto found = std::find_if(
      reading.devices.begin(), reading.devices.end(),
      [&](const auto& device) { return device.layout->attributes.pci_address == identity; });
  REQUIRE(found != reading.devices.end());
  return static_cast<std::size_t>(found - reading.devices.begin());
}

inline const DeviceReading& device_in(const Reading& reading, std::string_view identity) {
  return reading.devices[index_of(reading, identity)];
}

inline DeviceState state_in(const Reading& reading, std::string_view identity) {
  return device_in(reading, identity).state;
}

inline std::uint64_t errors_in(const Reading& reading, std::string_view identity, Reason reason) {
  return reading.read_errors[index_of(reading, identity)].at(static_cast<std::size_t>(reason));
}

/// How many devices are in that state.
inline std::size_t count_in(const Reading& reading, DeviceState state) {
  return static_cast<std::size_t>(
      std::count_if(reading.devices.begin(), reading.devices.end(),
                    [&](const DeviceReading& device) { return device.state == state; }));
}

inline bool has_values(const DeviceReading& device) {
  return std::any_of(device.present.begin(), device.present.end(),
                     [](std::uint8_t present) { return present != 0; });
}

/// Reads until a reading is as wanted; the last one, after ten seconds of trying.
template <typename Wanted>
std::shared_ptr<const Reading> read_until(ReadingEngine& engine, const Wanted& wanted) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  auto reading = engine.read();
  while (!wanted(*reading) && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::yield();
    reading = engine.read();
  }
  return reading;
}

}  // namespace efa::test
