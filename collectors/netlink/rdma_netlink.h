#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <vector>

#include "collectors/base/clock.h"
#include "collectors/base/result.h"
#include "collectors/netlink/netlink_exchange.h"
#include "collectors/netlink/netlink_socket.h"
#include "collectors/netlink/rdma_objects.h"

namespace efa {

/// The objects of one kind that a device has, each once, by id.
struct RdmaObjects {
  std::vector<RdmaObject> entries;
  bool interrupted = false;  // came and went while they were listed: some may be missing
};

/// Asks the RDMA core what devices there are, what they count, and who holds what of them.
///
/// Source   NETLINK_RDMA, RDMA_NLDEV_CMD_{GET,GET_CHARDEV,SYS_GET,STAT_GET,RES_GET,RES_*_GET}
/// Errors   absent       no RDMA in this kernel
///          unsupported  this kernel does not know the request; it is not sent again
///          closed       no such device (any more)
///          transient    what else the kernel returned. For port_counters() that is EINVAL: a
///                       failure of the device, or a kernel before 5.3, which cannot be told apart
///          others       see NetlinkExchange
/// Cost     devices(), driver(), system(), resource_summary() and objects() but those of QPs only
/// read the
///          kernel's memory. port_counters() and a dump of QPs ask the device: some commands a
///          port, one a QP, and both wait for the device however long it takes, see NetlinkSocket.
///          An error EINVAL costs one more request, in memory, to tell why
/// Threads  one at a time
class RdmaNetlink {
 public:
  /// `transport` and `clock` must outlive it.
  RdmaNetlink(NetlinkTransport& transport, const Clock& clock, NetlinkLimits limits = {})
      : exchange_(transport, clock, limits) {}

  /// Of all vendors.
  Result<std::vector<RdmaDevice>> devices();
  Result<RdmaSystem> system();
  /// Which driver the device is of, RDMA_DRIVER_* of <rdma/ib_user_ioctl_verbs.h>: that of EFA is
  /// efa_driver. Needs ib_uverbs, which may be loaded by it.
  Result<std::uint64_t> driver(std::uint32_t device);
  /// The counters of a port, not those of the device. Unlike its files they are never of an earlier
  /// time: each call asks the device.
  Result<std::vector<RdmaCounter>> port_counters(std::uint32_t device, std::uint32_t port);
  /// How many objects a device has, by kind, those of the driver's own types (SRD) included.
  Result<std::vector<ResourceCount>> resource_summary(std::uint32_t device);
  Result<RdmaObjects> objects(std::uint32_t device, ObjectKind kind);

 private:
  // Gives whether what was asked for is as it was (false) or has changed meanwhile.
  Result<bool> ask(std::uint16_t command, bool dump, std::optional<std::uint32_t> device,
                   std::vector<std::byte> attributes, NetlinkAnswer& answer);
  Error explain(std::uint16_t command, std::optional<std::uint32_t> device,
                const NetlinkOutcome& outcome);
  bool has_device(std::uint32_t device);

  NetlinkExchange exchange_;
  std::bitset<64> unsupported_;  // by command
  std::bitset<64> worked_;
};

}  // namespace efa
