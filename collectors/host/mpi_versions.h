#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/host/host_files.h"
#include "collectors/host/installed_version.h"

namespace efa {

/// Every Open MPI of the EFA installer, oldest first; the installer puts 4 and 5 side by side. One
/// whose version is not told is there without it.
///
/// Source   /opt/amazon/openmpi*/lib{64,}/pkgconfig/ompi.pc, else include/mpi.h
std::vector<InstalledVersion> read_open_mpi(HostFiles& files);

/// Every Intel MPI where Intel's installers put them, oldest first; told by the names of folders.
///
/// Source   2019: /opt/intel/impi/<version>,
/// /opt/intel/compilers_and_libraries_<version>/linux/mpi;
///          oneAPI: /opt/intel/oneapi/mpi/<version> and the link `latest`
std::vector<InstalledVersion> read_intel_mpi(HostFiles& files);

/// OMPI_MAJOR_VERSION and its like in Open MPI's mpi.h; empty if one is missing.
std::string parse_open_mpi_header(std::string_view text);

}  // namespace efa
