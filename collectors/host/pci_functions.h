#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collectors/host/host_files.h"

namespace efa {

/// An EFA on the PCI bus, whether or not a driver has taken it.
struct PciFunction {
  std::string address;  // 0000:10:1b.0
  std::string id;       // 1d0f:efa2
  std::string driver;   // efa, vfio-pci; empty: none

  bool operator==(const PciFunction&) const = default;
};

/// The EFA functions (vendor 0x1d0f, device 0xefa*), by address; nothing if the bus cannot be read.
///
/// Source   <sysfs>/bus/pci/devices/*/{vendor,device}, the link `driver`
/// Cost     a file for each function on the bus, some hundred on the largest instances; all are the
///          kernel's own memory
std::optional<std::vector<PciFunction>> read_efa_functions(HostFiles& files);

}  // namespace efa
