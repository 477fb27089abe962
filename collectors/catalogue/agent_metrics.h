#pragma once

#include "collectors/catalogue/metric_spec.h"

namespace efa::metric {

// clang-format off
/// Every family beside the hardware counters, in the order in which they are published.
inline constexpr MetricSpec device_info{"sysfs", "efa_device_info", Kind::info, Scope::device, Unit::none,
  "Always 1; what is known of a device. Join with * on (device) group_left (...).",
  "pci_address, pci_id, numa_node, node_guid, mac, driver_version, p2p, eni_id, interface_type, network_card, subnet_id, vpc_id, security_group_ids"};
inline constexpr MetricSpec instance_info{"configuration, IMDS, DMI", "efa_instance_info", Kind::info, Scope::host, Unit::none,
  "Always 1; what is known of the EC2 instance, and of its tags as tag_<key> those that instance.tags names.",
  "instance_id, instance_type, availability_zone, availability_zone_id, region, placement_group, image_id, node_name"};
inline constexpr MetricSpec instance_supported{"table of instance types", "efa_instance_supported", Kind::gauge, Scope::host, Unit::none,
  "1 if the agent knows the instance's type as one with EFA, else 0; a type may be newer than the agent.", "instance_type"};
inline constexpr MetricSpec instance_type_info{"table of instance types", "efa_instance_type_info", Kind::info, Scope::host, Unit::none,
  "Always 1; what is published of the instance's type. first_of_2019: one of the four that EFA began with, with one EFA each.",
  "instance_type, generation, nitro_version, rdma_read, rdma_write, accelerator, first_of_2019"};
inline constexpr MetricSpec instance_network{"table of instance types", "efa_instance_network_bytes_per_second", Kind::gauge, Scope::host, Unit::bytes_per_second,
  "Network bandwidth of the instance's type, over all network cards, in one direction."};
inline constexpr MetricSpec port_rate{"ports/<port>/rate", "efa_port_rate_bytes_per_second", Kind::gauge, Scope::port, Unit::bytes_per_second,
  "Rate the port reports, in one direction; the driver rounds down to an InfiniBand rate."};
inline constexpr MetricSpec counters_lifespan{"ports/<port>/hw_counters/lifespan", "efa_counters_lifespan_seconds", Kind::gauge, Scope::port, Unit::seconds,
  "Age up to which the kernel answers from its own copy of the port counters."};
inline constexpr MetricSpec device_up{"the reading", "efa_device_up", Kind::gauge, Scope::device, Unit::none,
  "1 if the device's counters were read in this scrape, else 0."};
inline constexpr MetricSpec device_stuck{"the reading", "efa_device_stuck", Kind::gauge, Scope::device, Unit::none,
  "1 if a reading of the device has not returned, else 0; its counters are absent meanwhile."};
inline constexpr MetricSpec read_errors{"the reading", "efa_read_errors_total", Kind::counter, Scope::device, Unit::errors,
  "Failed reads, from the first one of each reason on; absent files do not count.", "reason"};
inline constexpr MetricSpec devices{"sysfs", "efa_devices", Kind::gauge, Scope::host, Unit::none,
  "EFA devices found."};
inline constexpr MetricSpec devices_expected{"configuration", "efa_devices_expected", Kind::gauge, Scope::host, Unit::none,
  "EFA devices expected: configured, else the maximum of the instance type.", "source"};
inline constexpr MetricSpec device_events{"RDMA netlink, uevents", "efa_device_events_total", Kind::counter, Scope::host, Unit::events,
  "Devices that came, went or were renamed since the agent started: added, removed, renamed.", "event"};
inline constexpr MetricSpec device_resources{"RDMA netlink", "efa_device_resources", Kind::gauge, Scope::device, Unit::none,
  "Objects of the device that processes hold: qp, cq, mr, pd, ctx.", "type"};
inline constexpr MetricSpec device_owners{"RDMA netlink", "efa_device_owners", Kind::gauge, Scope::device, Unit::none,
  "Workloads that hold objects of the device; with more than one, its traffic is nobody's alone."};
inline constexpr MetricSpec device_owner_info{"RDMA netlink", "efa_device_owner_info", Kind::info, Scope::device, Unit::none,
  "Always 1; who holds objects of the device. Join with * on (device) group_left (owner).", "owner"};
inline constexpr MetricSpec owner_resources{"RDMA netlink", "efa_owner_resources", Kind::gauge, Scope::device, Unit::none,
  "Objects of the device that the owner holds; qp only if ownership.queue_pairs is on.", "owner, type"};
inline constexpr MetricSpec owner_registered_bytes{"RDMA netlink", "efa_owner_registered_bytes", Kind::gauge, Scope::device, Unit::bytes,
  "Memory that the owner has registered with the device; what is registered twice counts twice.", "owner"};
inline constexpr MetricSpec owner_info{"/proc/<pid>/cgroup", "efa_owner_info", Kind::info, Scope::host, Unit::none,
  "Always 1; what is known of an owner. Join with * on (owner) group_left (...).",
  "owner, kind, slurm_job_id, slurm_step, namespace, pod, container, container_id, unit, uid, command, job_name"};
inline constexpr MetricSpec device_rank_info{"/proc/<pid>/environ", "efa_device_rank_info", Kind::info, Scope::device, Unit::none,
  "Always 1; which rank of an owner's job holds objects of the device; only if ownership.environment is on.", "owner, rank, local_rank"};
inline constexpr MetricSpec owner_processes{"RDMA netlink", "efa_owner_processes", Kind::gauge, Scope::host, Unit::none,
  "Processes of the owner that hold objects of a device.", "owner"};
inline constexpr MetricSpec owner_start_time{"/proc/<pid>/stat", "efa_owner_start_time_seconds", Kind::gauge, Scope::host, Unit::seconds,
  "Start time of the owner's first process that holds objects of a device, since unix epoch in seconds.", "owner"};
inline constexpr MetricSpec device_allocation_info{"kubelet", "efa_device_allocation_info", Kind::info, Scope::device, Unit::none,
  "Always 1; which container the device was allocated to, used or not; with DRA it may be several.", "namespace, pod, container, resource"};
inline constexpr MetricSpec health_check{"the other collectors", "efa_health_check", Kind::gauge, Scope::host, Unit::none,
  "1 if the check of efa-agent doctor fails, 0 if not; absent if it cannot be made. severity fail: what is broken; warn: what should be looked at.", "code, severity"};
inline constexpr MetricSpec simulated{"command line", "efa_agent_simulated", Kind::gauge, Scope::host, Unit::none,
  "1 if the devices are simulated; absent otherwise."};
inline constexpr MetricSpec collector_success{"the scrape", "efa_scrape_collector_success", Kind::gauge, Scope::host, Unit::none,
  "1 if the collector had all it wanted in this scrape, else 0.", "collector"};
inline constexpr MetricSpec collector_duration{"the scrape", "efa_scrape_collector_duration_seconds", Kind::gauge, Scope::host, Unit::seconds,
  "Wall time the collector took in this scrape.", "collector"};
inline constexpr MetricSpec build_info{"build", "efa_agent_build_info", Kind::info, Scope::host, Unit::none,
  "Always 1; which agent this is.", "version, revision, compiler"};
inline constexpr MetricSpec http_requests{"HTTP server", "efa_agent_http_requests_total", Kind::counter, Scope::host, Unit::none,
  "HTTP requests answered, by status code.", "code"};
inline constexpr MetricSpec scrape_duration{"HTTP server", "efa_agent_scrape_duration_seconds", Kind::summary, Scope::host, Unit::seconds,
  "Wall time from the start of a scrape to its text being ready, of the scrapes before this one."};
inline constexpr MetricSpec process_cpu{"clock_gettime", "process_cpu_seconds_total", Kind::counter, Scope::host, Unit::seconds,
  "Total user and system CPU time spent in seconds."};
inline constexpr MetricSpec process_open_fds{"/proc/self/fd", "process_open_fds", Kind::gauge, Scope::host, Unit::none,
  "Number of open file descriptors."};
inline constexpr MetricSpec process_max_fds{"getrlimit", "process_max_fds", Kind::gauge, Scope::host, Unit::none,
  "Maximum number of open file descriptors."};
inline constexpr MetricSpec process_virtual_memory{"/proc/self/stat", "process_virtual_memory_bytes", Kind::gauge, Scope::host, Unit::bytes,
  "Virtual memory size in bytes."};
inline constexpr MetricSpec process_virtual_memory_max{"getrlimit", "process_virtual_memory_max_bytes", Kind::gauge, Scope::host, Unit::bytes,
  "Maximum amount of virtual memory available in bytes; absent if unlimited."};
inline constexpr MetricSpec process_resident_memory{"/proc/self/stat", "process_resident_memory_bytes", Kind::gauge, Scope::host, Unit::bytes,
  "Resident memory size in bytes."};
inline constexpr MetricSpec process_start_time{"/proc/self/stat", "process_start_time_seconds", Kind::gauge, Scope::host, Unit::seconds,
  "Start time of the process since unix epoch in seconds."};
inline constexpr MetricSpec process_threads{"/proc/self/stat", "process_threads", Kind::gauge, Scope::host, Unit::none,
  "Number of OS threads in the process."};

inline constexpr MetricSpec all[] = {
  device_info, instance_info, instance_supported, instance_type_info, instance_network, port_rate, counters_lifespan, device_up, device_stuck, read_errors, devices, devices_expected, device_events,
  device_resources, device_owners, device_owner_info, owner_resources, owner_registered_bytes, owner_info, device_rank_info, owner_processes,
  owner_start_time, device_allocation_info, health_check, simulated, collector_success, collector_duration, build_info, http_requests, scrape_duration,
  process_cpu, process_open_fds, process_max_fds, process_virtual_memory, process_virtual_memory_max, process_resident_memory,
  process_start_time, process_threads,
};
// clang-format on
static_assert(well_formed(all));

}  // namespace efa::metric
