#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/base/clock.h"
#include "collectors/base/result.h"
#include "collectors/catalogue/metric_spec.h"

namespace efa {

/// What does not change from scrape to scrape about a port.
struct PortAttributes {
  std::string port;
  std::optional<double> rate_bytes_per_second;
  std::optional<std::uint64_t> lifespan_milliseconds;  // as the kernel has it

  bool operator==(const PortAttributes&) const = default;
};

/// What does not change from scrape to scrape about a device. An empty text is not known.
struct DeviceAttributes {
  std::string name;         // rdmap16s27, efa_0; can change while the device lives
  std::string pci_address;  // 0000:10:1b.0
  std::string pci_id;       // 1d0f:efa2
  std::string numa_node;
  std::string node_guid;
  std::string mac;
  std::string driver_version;
  std::string p2p;
  std::vector<PortAttributes> ports;

  /// What tells it from the others for as long as it lives: its PCI address; where that is not
  /// known its node GUID, else its name.
  [[nodiscard]] const std::string& identity() const;

  bool operator==(const DeviceAttributes&) const = default;
};

/// A device, and what it is called now. It is told by its identity, because names change and
/// devices change places.
struct NamedDevice {
  std::string identity;  // DeviceAttributes::identity()
  std::string name;

  bool operator==(const NamedDevice&) const = default;
};

/// One counter of a device, at the place where its value stands in DeviceReading::values.
struct CounterSlot {
  const MetricSpec* spec = nullptr;  // null: not in the catalogue
  std::string file;                  // the kernel's word
  std::string port;                  // empty: a counter of the device
  std::string listed_at_port;  // the port that shows the file, which need not be where it is read
};

/// A device's attributes and the order of its values; shared by all readings until
/// something about the device changes, so that what is made from it can be kept as long.
struct DeviceLayout {
  DeviceAttributes attributes;
  std::vector<CounterSlot> counters;
};

/// How one device fared in one scrape.
enum class DeviceState : std::uint8_t {
  up,     // its counters were read
  down,   // none of its port counters could be read, or it was not asked because of that
  stuck,  // the reading has not returned
};

/// The first thing that went wrong in a reading, for the log.
struct Problem {
  Reason reason = Reason::transient;
  int errno_value = 0;
  std::string where;  // the file, or empty for the device as a whole

  bool operator==(const Problem&) const = default;
};

/// The counters of one device in one scrape. A value that could not be read is not present;
/// it is never zero and never the previous value.
struct DeviceReading {
  std::shared_ptr<const DeviceLayout> layout;
  std::vector<std::uint64_t> values;  // parallel to layout->counters
  std::vector<std::uint8_t> present;  // parallel to values: 1 if read in this scrape
  std::array<std::uint32_t, reason_count> failures{};  // of this reading
  DeviceState state = DeviceState::down;
  std::optional<Problem> problem;

  /// Empties it for a new reading of `new_layout`; keeps its storage.
  void reset(std::shared_ptr<const DeviceLayout> new_layout);
};

/// Failed reads, by reason.
using ReasonCounts = std::array<std::uint64_t, reason_count>;

/// What one scrape read: immutable once published, shared by the scrapes that overlapped.
struct Reading {
  std::vector<DeviceReading> devices;     // ordered by PCI address
  std::vector<ReasonCounts> read_errors;  // parallel: since the agent started
  std::optional<Problem> scan_problem;    // the device list could not be renewed
  SteadyTime started;
  std::chrono::nanoseconds duration{};
};

}  // namespace efa
