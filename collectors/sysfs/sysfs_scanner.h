#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "collectors/engine/device_reader.h"
#include "collectors/sysfs/descriptor_budget.h"
#include "collectors/sysfs/sysfs_device.h"

namespace efa {

/// Finds the EFA devices of a host.
///
/// Source   /sys/class/infiniband
/// Errors   a class that is not there (no RDMA driver loaded) is a host without devices; one that
///          cannot be listed is an error, and the devices stay as they were; one entry that cannot
///          be told to be an EFA or not is an error, and only its device is missing
/// Cost     five system calls when nothing has changed: names and inodes of the class are those of
///          the last scan. sysfs gives a re-created device a new inode
/// Threads  see DeviceScanner
class SysfsScanner final : public DeviceScanner {
 public:
  /// `files` and `clock` must outlive the scanner and its readers.
  SysfsScanner(Files& files, const Clock& clock, std::string sysfs, std::size_t descriptors,
               SysfsDevice::PortCounters ports = SysfsDevice::PortCounters::read);

  Result<void> scan(Devices& devices) override;

 private:
  // What an entry of the class turned out to be.
  struct Known {
    DirectoryEntry entry;
    std::shared_ptr<SysfsDevice> reader;  // null: not an EFA
    bool settled = false;          // seen twice alike: the first look may have come too early
    std::optional<Error> problem;  // why it could not be told what it is
  };

  [[nodiscard]] Known recognise(const DirectoryEntry& entry);
  [[nodiscard]] bool unchanged(const std::vector<DirectoryEntry>& entries) const;

  Files& files_;
  const Clock& clock_;
  const std::string sysfs_;
  const SysfsDevice::PortCounters ports_;
  std::shared_ptr<DescriptorBudget> budget_;
  std::vector<DirectoryEntry> entries_;
  std::vector<Known> known_;
};

}  // namespace efa
