#pragma once

#include <string>
#include <string_view>

#include "collectors/host/host_files.h"

namespace efa {

/// Which distribution the host runs. What is empty is not known.
struct OperatingSystem {
  std::string id;           // amzn, ubuntu, rhel, centos
  std::string version_id;   // 2023, 22.04, 7
  std::string version;      // the more exact one, if there is: 2023.5.20240708, 7.6.1810
  std::string pretty_name;  // for people: Amazon Linux 2023

  bool operator==(const OperatingSystem&) const = default;
};

/// Source   /etc/os-release, else /usr/lib/os-release; the exact version, and on systems that have
///          neither all of it, from /etc/system-release, else /etc/redhat-release
/// Cost     up to four files
OperatingSystem read_operating_system(HostFiles& files);

/// The kernel's release: 6.1.94-99.176.amzn2023.x86_64.
///
/// Source   <procfs>/sys/kernel/osrelease
std::string read_kernel_release(HostFiles& files);

/// os-release(5); of a key that is there twice the last one counts.
OperatingSystem parse_os_release(std::string_view text);

/// "CentOS Linux release 7.6.1810 (Core)"
OperatingSystem parse_system_release(std::string_view line);

}  // namespace efa
