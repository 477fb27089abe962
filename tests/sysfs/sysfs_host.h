#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/sysfs/sysfs_scanner.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/faulty_files.h"
#include "tests/support/sysfs_tree.h"

namespace efa::test {

/// A host as the sysfs readers see it: a tree, files that can fail, a clock, and a scanner over
/// them.
struct SysfsHost {
  static constexpr std::size_t plenty = 10000;

  SysfsTree tree;
  FaultyFiles files;
  ManualClock clock;
  SysfsScanner scanner;
  DeviceScanner::Devices devices;

  explicit SysfsHost(std::size_t descriptors = plenty)
      : scanner(files, clock, tree.root(), descriptors) {}

  SysfsHost& scan() {
    const auto scanned = scanner.scan(devices);
    CHECK((scanned.ok() ? std::string() : scanned.error().message()).empty());
    return *this;
  }
  [[nodiscard]] std::string names() const {
    std::string text;
    for (const auto& device : devices) {
      text += (text.empty() ? "" : " ") + device->layout()->attributes.name;
    }
    return text;
  }
  [[nodiscard]] DeviceReader& reader(std::string_view name) const {
    const auto found = std::find_if(devices.begin(), devices.end(), [&](const auto& device) {
      return device->layout()->attributes.name == name;
    });
    REQUIRE(found != devices.end());
    return **found;
  }
  /// Reads a device that a scan has found.
  [[nodiscard]] DeviceReading read(std::string_view name) const {
    DeviceReading reading;
    reader(name).read(reading);
    return reading;
  }
  DeviceReading scan_and_read(std::string_view name) { return scan().read(name); }
};

/// A counter of a port, or of the device itself if `port` is empty; nothing for a gap.
inline std::optional<std::uint64_t> value_of(const DeviceReading& reading, std::string_view file,
                                             std::string_view port = "1") {
  std::optional<std::uint64_t> value;
  std::size_t found = 0;
  const auto& counters = reading.layout->counters;
  for (std::size_t i = 0; i < counters.size(); ++i) {
    if (counters[i].file == file && counters[i].port == port) {
      ++found;
      value = reading.present[i] != 0 ? std::optional(reading.values[i]) : std::nullopt;
    }
  }
  CHECK(found <= 1);
  return value;
}

inline std::optional<std::uint64_t> device_value_of(const DeviceReading& reading,
                                                    std::string_view file) {
  return value_of(reading, file, "");
}

/// How many values were read.
inline std::size_t count_values(const DeviceReading& reading) {
  return static_cast<std::size_t>(std::count(reading.present.begin(), reading.present.end(), 1));
}

inline std::uint32_t failures_in(const DeviceReading& reading, Reason reason) {
  return reading.failures.at(static_cast<std::size_t>(reason));
}

inline std::uint32_t count_failures(const DeviceReading& reading) {
  std::uint32_t sum = 0;
  for (const std::uint32_t count : reading.failures) {
    sum += count;
  }
  return sum;
}

}  // namespace efa::test
