#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "collectors/base/clock.h"
#include "collectors/base/result.h"

namespace efa {

/// A device that was allocated to a container: known by its RDMA name or its PCI address, whichever
/// the one who allocated it uses.
struct PodAllocation {
  std::string device_name;  // empty if not known
  std::string pci_address;  // empty if not known
  std::string name_space;
  std::string pod;
  std::string container;
  std::string resource;  // of a device plugin, or the name of a DRA driver

  bool operator==(const PodAllocation&) const = default;
};

/// All of a host at one time.
struct PodAllocations {
  std::vector<PodAllocation> entries;
  std::optional<Error> problem;  // why they could not be asked for
  SteadyTime taken;
};

/// Asks the kubelet which pods were allocated which EFAs, whether or not they use them yet. Only in
/// a build with gRPC (EFA_AGENT_GRPC).
///
/// Source   PodResources API v1 (gRPC) on a unix socket,
///          /var/lib/kubelet/pod-resources/kubelet.sock: devices of the EFA device plugin, and
///          those that the DRA driver dra.net names by PCI address, whatever they are
/// Errors   absent       no such socket: no kubelet, or it is not up
///          denied       no permission to connect
///          timeout      no answer within the deadline
///          unsupported  the kubelet has no such API
///          transient    anything else, such as a refused connection or more than 16 MiB
///          The context is the socket, and what gRPC has to say
/// Cost     a connection for each call: gRPC has threads of its own while there is one, which would
///          wake up some four times a second
/// Threads  safe to call concurrently; a call may take as long as the deadline
Result<std::vector<PodAllocation>> list_pod_allocations(const std::string& socket,
                                                        std::chrono::milliseconds deadline);

}  // namespace efa
