#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collectors/base/files.h"
#include "collectors/base/result.h"
#include "collectors/host/efa_software.h"
#include "collectors/host/host_files.h"
#include "collectors/host/hugepages.h"
#include "collectors/host/installed_version.h"
#include "collectors/host/kernel_modules.h"
#include "collectors/host/operating_system.h"
#include "collectors/host/pci_functions.h"
#include "collectors/host/uverbs.h"

namespace efa {

/// What a host with EFA is made of. What is empty or nothing is not there, or not known.
struct HostFacts {
  // Whether the host's folder is there: a container has only those that it was given.
  bool has_opt = false;
  bool has_usr = false;
  bool has_dev = false;
  std::string kernel;  // the release
  OperatingSystem os;
  std::string efa_installer;
  std::string libfabric;
  std::vector<InstalledVersion> open_mpi;
  std::vector<InstalledVersion> intel_mpi;
  std::vector<InstalledVersion> ofi_nccl;
  std::string nvidia_driver;
  std::optional<InstalledVersion> mellanox_ofed;
  std::vector<KernelModule> modules;  // host_modules
  Hugepages hugepages;
  std::optional<Uverbs> uverbs;
  std::optional<std::vector<PciFunction>> efa_functions;
  std::optional<std::uint64_t> ptrace_scope;
  std::vector<Error> problems;  // what is there but could not be read or understood, with its path
};

/// The part that changes while a host runs, and costs little.
struct HostState {
  std::vector<std::string> devices;   // those it was asked about
  std::vector<KernelModule> modules;  // needed_modules
  Hugepages hugepages;
  std::optional<Uverbs> uverbs;
  std::vector<Error> problems;
};

/// Everything, from files; no program is started, no device asked, no device node opened.
///
/// Errors   in the facts
/// Cost     some ten milliseconds, most of it to look for a version in aws-ofi-nccl's library; up
/// to
///          1 MiB of memory. A file system that hangs below /opt holds it up
/// Threads  safe to call concurrently
HostFacts read_host_facts(Files& files, const HostPaths& paths);

/// Cost     20 files, and one for each device
HostState read_host_state(Files& files, const HostPaths& paths,
                          const std::vector<std::string>& devices);

}  // namespace efa
