#include "collectors/host/facts.h"

#include "collectors/host/mpi_versions.h"
#include "collectors/host/nccl_plugin.h"
#include "collectors/host/process_limits.h"

namespace efa {

HostFacts read_host_facts(Files& files, const HostPaths& paths) {
  HostFiles host(files, paths);
  HostFacts facts;
  facts.has_opt = HostFiles::is_directory(host.below_root("/opt"));
  facts.has_usr = HostFiles::is_directory(host.below_root("/usr"));
  facts.has_dev = HostFiles::is_directory(host.below_root("/dev"));
  facts.kernel = read_kernel_release(host);
  facts.os = read_operating_system(host);
  facts.efa_installer = read_installer_version(host);
  facts.libfabric = read_libfabric_version(host);
  facts.open_mpi = read_open_mpi(host);
  facts.intel_mpi = read_intel_mpi(host);
  facts.ofi_nccl = read_ofi_nccl(host);
  facts.nvidia_driver = read_nvidia_version(host);
  facts.mellanox_ofed = read_mellanox_ofed(host);
  for (const std::string_view module : host_modules) {
    facts.modules.push_back(read_kernel_module(host, module));
  }
  facts.hugepages = read_hugepages(host);
  facts.uverbs = read_uverbs(host);
  facts.efa_functions = read_efa_functions(host);
  facts.ptrace_scope = read_ptrace_scope(host);
  facts.problems = host.take_problems();
  return facts;
}

HostState read_host_state(Files& files, const HostPaths& paths,
                          const std::vector<std::string>& devices) {
  HostFiles host(files, paths);
  HostState state;
  state.devices = devices;
  for (const std::string_view module : needed_modules) {
    state.modules.push_back(read_kernel_module(host, module));
  }
  state.hugepages = read_hugepages(host);
  state.uverbs = read_uverbs(host);
  state.problems = host.take_problems();
  return state;
}

}  // namespace efa
