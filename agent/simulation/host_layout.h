#pragma once

#include <string>
#include <vector>

#include "agent/simulation/job_model.h"
#include "collectors/base/result.h"

namespace efa {

struct SimulatedDevice {
  std::string name;         // rdmap16s27
  std::string pci_address;  // 0000:10:1b.0
  std::string vendor;       // 0x1d0f
  std::string device;       // 0xefa2
  std::string numa_node;
  std::string gid;
  std::string node_guid;
  bool efa = true;  // else it is another vendor's, which the agent must leave alone
};

/// What a host of one instance type has.
struct HostLayout {
  std::vector<SimulatedDevice> devices;  // the EFA ones first, in the order of JobModel's numbers
  std::string rate;                      // as the driver prints it
  std::string p2p;                       // empty: no accelerator that devices read directly
  JobShape job;
};

/// The layout of an instance type, from config/efa_instance_types.csv. Names, addresses and NUMA
/// nodes are like those of such machines, PCI ids are a guess: AWS publishes neither.
///
/// Errors   unsupported  no such type, or its number of devices or rate is not published; the
/// context says
///                       what was probably meant
Result<HostLayout> host_layout(const std::string& instance_type);

/// The text of the port's `rate` for a link of that many Gb/s: the driver rounds down to an
/// InfiniBand rate.
std::string rate_text(double gbps);

}  // namespace efa
