#pragma once

#include <string_view>

namespace efa {

/// What identifies an instance: the text members of Config::Instance, and the labels of
/// efa_instance_info.
inline constexpr std::string_view identity_labels[] = {
    "instance_id", "instance_type",   "availability_zone", "availability_zone_id",
    "region",      "placement_group", "image_id",          "node_name",
};

/// The other labels the agent sets; tests/commands holds both lists together equal to the
/// catalogue.
inline constexpr std::string_view agent_labels[] = {
    "device",
    "port",
    "pci_address",
    "pci_id",
    "numa_node",
    "node_guid",
    "mac",
    "p2p",
    "driver_version",
    "collector",
    "reason",
    "version",
    "revision",
    "compiler",
    "code",
    "type",
    "owner",
    "kind",
    "slurm_job_id",
    "slurm_step",
    "namespace",
    "pod",
    "container",
    "container_id",
    "unit",
    "uid",
    "command",
    "job_name",
    "rank",
    "local_rank",
    "event",
    "severity",
    "resource",
    "eni_id",
    "interface_type",
    "network_card",
    "subnet_id",
    "vpc_id",
    "security_group_ids",
    "source",
    "generation",
    "nitro_version",
    "rdma_read",
    "rdma_write",
    "accelerator",
    "first_of_2019",
    "interface",
    "queue",
    "kernel",
    "os",
    "efa_installer_version",
    "libfabric_version",
    "openmpi_version",
    "intel_mpi_version",
    "ofi_nccl_version",
    "page_size_bytes",
    "module",
    "component",
    "minimum",
    "minimum_2019",
};

/// Labels that the text format gives a meaning.
inline constexpr std::string_view format_labels[] = {"le", "quantile"};

}  // namespace efa
