#pragma once

#include "collectors/catalogue/metric_spec.h"

namespace efa::metric {

// clang-format off
/// The families of the collector "host", in the order in which they are published.
inline constexpr MetricSpec host_info{"files", "efa_host_info", Kind::info, Scope::host, Unit::none,
  "Always 1; what is installed on the host. Of several versions of one thing all are told, the oldest first, comma separated.",
  "driver_version, kernel, os, efa_installer_version, libfabric_version, openmpi_version, intel_mpi_version, ofi_nccl_version"};
inline constexpr MetricSpec host_hugepages{"/sys/kernel/mm/hugepages", "efa_host_hugepages", Kind::gauge, Scope::host, Unit::none,
  "Huge pages of that size that the host has set aside.", "page_size_bytes"};
inline constexpr MetricSpec host_hugepages_free{"/sys/kernel/mm/hugepages", "efa_host_hugepages_free", Kind::gauge, Scope::host, Unit::none,
  "Huge pages of that size that nobody uses; they may be reserved.", "page_size_bytes"};
inline constexpr MetricSpec host_module_loaded{"/sys/module/<module>/initstate", "efa_host_module_loaded", Kind::gauge, Scope::host, Unit::none,
  "1 if the kernel module is loaded or built in, else 0: efa, ib_uverbs.", "module"};
inline constexpr MetricSpec host_uverbs_nodes{"/sys/class/infiniband_verbs/*/ibdev", "efa_host_uverbs_nodes", Kind::gauge, Scope::device, Unit::none,
  "Character devices for programs to use the device by, as the kernel has them: 1, or 0 without ib_uverbs."};
inline constexpr MetricSpec host_minimum_version_info{"EC2 User Guide", "efa_host_minimum_version_info", Kind::info, Scope::host, Unit::none,
  "Always 1; the oldest version of a component that AWS asks for, now and in 2019.", "component, minimum, minimum_2019"};

inline constexpr MetricSpec all_host[] = {
  host_info, host_hugepages, host_hugepages_free, host_module_loaded, host_uverbs_nodes, host_minimum_version_info,
};
// clang-format on
static_assert(well_formed(all_host));

}  // namespace efa::metric
