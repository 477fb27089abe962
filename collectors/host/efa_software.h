#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collectors/host/host_files.h"
#include "collectors/host/installed_version.h"

namespace efa {

/// The EFA installer that was run last: 1.43.0. Empty: none, or an image in which it is not told.
///
/// Source   /opt/amazon/efa_installed_packages, of old ones /opt/amazon/efa/installed_packages
std::string read_installer_version(HostFiles& files);

/// The installer's libfabric: 1.22.0amzn1.0. Others on the host are not looked for.
///
/// Source   /opt/amazon/efa/lib{64,}/pkgconfig/libfabric.pc
std::string read_libfabric_version(HostFiles& files);

/// Source   <sysfs>/module/nvidia/version, else <procfs>/driver/nvidia/version
std::string read_nvidia_version(HostFiles& files);

/// Mellanox's own InfiniBand stack, whose ib_core and rdma-core take the place of those the EFA
/// driver and installer expect; nothing if it is not there. Whether its ib_core is loaded is told
/// by KernelModule::taint.
///
/// Source   /usr/bin/ofed_info, a script that has the version in it
std::optional<InstalledVersion> read_mellanox_ofed(HostFiles& files);

/// "# EFA installer version: 1.43.0" in the first line; empty for any other text.
std::string parse_installer_version(std::string_view text);

/// The line "Version: 1.22.0amzn1.0" of a pkg-config file; empty if there is none.
std::string parse_pkg_config_version(std::string_view text);

/// The first word of the first line that looks like a version of the driver: 550.54.15.
std::string parse_nvidia_version(std::string_view text);

}  // namespace efa
