#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "collectors/base/clock.h"
#include "tests/lab/efa_device/admin.h"
#include "tests/lab/efa_device/admin_queue.h"
#include "tests/lab/efa_device/bus.h"
#include "tests/lab/efa_device/data_path/data_path.h"
#include "tests/lab/efa_device/data_path/fabric.h"
#include "tests/lab/efa_device/events.h"
#include "tests/lab/efa_device/faults.h"
#include "tests/lab/efa_device/features.h"
#include "tests/lab/efa_device/log.h"
#include "tests/lab/efa_device/pci.h"
#include "tests/lab/efa_device/profile.h"
#include "tests/lab/efa_device/registers.h"
#include "tests/lab/efa_device/statistics.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

/// One emulated Elastic Fabric Adapter: writes to its regions in, bytes in the guest's memory and
/// interrupts out. How it is reached is not its business.
///
/// Threads  none of its own; callers hold the fabric's lock, see DataPath
class Device final : private AdminCommands {
 public:
  Device(const Profile& profile, unsigned number, Fabric& fabric, Bus& bus, const Clock& clock,
         const Log& log);

  /// "efa0", as its socket is called.
  [[nodiscard]] const std::string& name() const { return name_; }

  /// As after power-on, but for what is counted and what control has set.
  void reset();
  /// The same, and PCI's part of it, too.
  void unplug();
  /// What is outside of the region, or cannot be read, is 0.
  void read(std::uint32_t region, std::uint64_t offset, MutableBytes into) const;
  void write(std::uint32_t region, std::uint64_t offset, Bytes from);

  /// Does what has become due: late answers, keep-alives, work requests that wait.
  void tick();
  [[nodiscard]] std::optional<SteadyTime> next_due() const;

  /// Ends everything that control has made go wrong.
  void heal();
  [[nodiscard]] Statistics& statistics() { return statistics_; }
  [[nodiscard]] AdminFaults& admin_faults() { return admin_faults_; }
  [[nodiscard]] NetworkFaults& network_faults() { return network_faults_; }
  [[nodiscard]] Events& events() { return events_; }
  [[nodiscard]] const AdminQueue& admin_queue() const { return admin_queue_; }
  [[nodiscard]] const DataPath& data_path() const { return data_path_; }

 private:
  AdminStatus execute(AdminOp op, std::uint8_t flags, Bytes request,
                      MutableBytes response) override;
  void write_register(std::uint64_t offset, std::uint32_t value);
  void reset_queues();

  const std::string name_;
  const Clock& clock_;
  const Log& log_;
  Fabric& fabric_;
  Statistics statistics_;
  AdminFaults admin_faults_;
  NetworkFaults network_faults_;
  ConfigSpace config_;
  Registers registers_;
  Events events_;
  Features features_;
  AdminQueue admin_queue_;
  DataPath data_path_;
};

}  // namespace efa::lab
