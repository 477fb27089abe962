#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "collectors/base/clock.h"
#include "collectors/netlink/rdma_netlink.h"
#include "collectors/ownership/ownership.h"
#include "collectors/ownership/ownership_builder.h"
#include "collectors/ownership/process_cache.h"

namespace efa {

/// Asks RDMA core who holds what, device by device, as one that is sick fails a dump over all.
///
/// Source   RDMA netlink; /proc/<pid> of those who hold something
/// Errors   in the Ownership: what could not be asked is not in it
/// Cost     a request for each device and kind of object, in the kernel's memory; a few opens for
///          each process. Queue pairs take an admin command each, so they are asked for only if
///          wanted, and once in `queue_pair_age`
/// Threads  one at a time
class OwnershipReader {
 public:
  static constexpr std::chrono::seconds queue_pair_age{60};

  /// All of them must outlive it.
  OwnershipReader(RdmaNetlink& rdma, ProcessCache& processes, const Clock& clock)
      : rdma_(rdma), processes_(processes), clock_(clock) {}

  /// Of these devices. `queue_pairs`: also who holds how many of them.
  Ownership read(std::span<const NamedDevice> devices, bool queue_pairs);

 private:
  struct QueuePairs {
    std::vector<RdmaObject> entries;
    SteadyTime taken;
  };

  // A device that was asked for, as RDMA core knows it.
  struct Asked {
    const std::string& identity;
    std::uint32_t index;
  };

  void read_device(const Asked& device, bool queue_pairs, Ownership& ownership,
                   OwnershipBuilder& builder);
  void read_summary(const Asked& device, Ownership& ownership);
  Result<std::vector<RdmaObject>> queue_pairs_of(std::uint32_t index);
  void assign(const std::string& device, Resource resource, std::span<const RdmaObject> objects,
              Ownership& ownership, OwnershipBuilder& builder);

  RdmaNetlink& rdma_;
  ProcessCache& processes_;
  const Clock& clock_;
  std::map<std::uint32_t, QueuePairs> queue_pairs_;  // by index of the device
};

}  // namespace efa
