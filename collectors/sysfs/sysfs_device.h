#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/base/backoff.h"
#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "collectors/engine/device_reader.h"
#include "collectors/sysfs/counter_directory.h"
#include "collectors/sysfs/device_attributes.h"

namespace efa {

/// Reads one EFA device from sysfs: the device's own counters, then port by port.
///
/// A counter that the driver shows in both directories (before release 1.14) is read once. A port
/// whose files fail one after another (the driver fails all of them when the device refuses one
/// command) is left at the second, or at once if its admin queue is closed or did not answer; it is
/// asked again after a second, then more and more rarely up to once a minute, because each try
/// costs admin commands and lines in the kernel log. The device's own counters are read all the
/// same.
///
/// Source   /sys/class/infiniband/<name>/{hw_counters,ports/<n>/{hw_counters,rate}}
/// Errors   in the DeviceReading
/// Cost     one pread per file and two per port (rate, lifespan); attributes anew once a minute
/// Threads  see DeviceReader
class SysfsDevice final : public DeviceReader {
 public:
  static constexpr std::chrono::seconds attributes_age{60};
  enum class PortCounters : std::uint8_t { read, leave };  // leave: to another source

  SysfsDevice(Files& files, const Clock& clock, std::shared_ptr<DescriptorBudget> budget,
              std::string sysfs, std::string name, PciIdentity pci, PortCounters ports);
  ~SysfsDevice() override;

  [[nodiscard]] const std::string& identity() const override { return pci_.address; }
  [[nodiscard]] std::shared_ptr<const DeviceLayout> layout() const override { return layout_; }
  void read(DeviceReading& out) override;

  /// Whether the directories hold the files they held when this reader was made. A device that was
  /// found while the kernel was still filling them in wants a new reader. Safe to call during
  /// read().
  [[nodiscard]] bool is_as_found() const;
  /// Whether counters of a port were found, if they are wanted. Safe to call during read().
  [[nodiscard]] bool is_complete() const;

 private:
  // A directory of counters and where its files go.
  struct Group {
    CounterDirectory directory;
    std::string port;  // empty: the device's own
    UniqueFd rate;     // of the port; not kept open without descriptors to spare
    std::vector<std::optional<std::size_t>> slots;  // parallel to directory.names()
    std::optional<std::size_t> lifespan;            // index in directory.names()
    Backoff backoff;
    std::optional<Problem> problem;  // why it is backed off

    [[nodiscard]] bool holds(const std::string& file) const;
  };

  [[nodiscard]] std::vector<std::string> ports_to_read() const;
  void add_group(const std::string& port);
  [[nodiscard]] std::vector<CounterSlot> assign_slots();
  [[nodiscard]] bool belongs_elsewhere(const Group& group, const std::string& file) const;
  [[nodiscard]] std::string port_that_lists(const Group& group, std::size_t index) const;
  [[nodiscard]] DeviceAttributes current_attributes();
  [[nodiscard]] PortAttributes read_port_attributes(Group& group);
  void renew_attributes(SteadyTime now);
  void read_port(Group& group, DeviceReading& out, SteadyTime now);
  std::optional<Problem> read_counters(Group& group, DeviceReading& out);
  [[nodiscard]] std::string port_path(const std::string& port) const;

  Files& files_;
  const Clock& clock_;
  const std::shared_ptr<DescriptorBudget> budget_;
  const std::string sysfs_;
  const std::string name_;
  const PciIdentity pci_;
  const PortCounters ports_;
  std::vector<Group> groups_;  // the device's own first, if there is one
  std::shared_ptr<const DeviceLayout> layout_;
  SteadyTime attributes_read_;
};

}  // namespace efa
