#include "config/options.h"

#include <algorithm>

namespace efa {
namespace {

using namespace std::chrono_literals;

template <auto First, auto... Rest>
constexpr auto& follow(auto& object) {
  if constexpr (sizeof...(Rest) == 0) {
    return object.*First;
  } else {
    return follow<Rest...>(object.*First);
  }
}

template <auto... Path>
using Found = std::remove_reference_t<decltype(follow<Path...>(std::declval<Config&>()))>;

/// The member at the end of a path of pointers to members.
template <auto... Path>
constexpr Member<Found<Path...>> member{
    [](Config& config) -> Found<Path...>& { return follow<Path...>(config); },
    [](const Config& config) -> const Found<Path...>& { return follow<Path...>(config); }};

/// The same for a member that is an enumeration; `words` name its enumerators.
template <auto... Path>
constexpr ChoiceOption choice(std::span<const std::string_view> words) {
  return {[](const Config& config) { return static_cast<std::size_t>(follow<Path...>(config)); },
          [](Config& config, std::size_t value) {
            follow<Path...>(config) = static_cast<Found<Path...>>(value);
          },
          words};
}

constexpr std::string_view log_levels[] = {"debug", "info", "warning", "error"};
constexpr std::string_view counter_sources[] = {"sysfs", "netlink", "auto"};
constexpr std::string_view log_formats[] = {"logfmt", "json"};

using C = Config;
constexpr Change at_once = Change::at_once;
constexpr Change restart = Change::needs_restart;

// clang-format off
constinit const Option table[] = {
  // key and member, change, flag, type {member, allowed values}, help
  {"web.listen_addresses", restart, "web.listen-address", TextListOption{member<&C::web, &C::Web::listen_addresses>, address_text, false},
   "Addresses to serve on. :port is every IPv4 and IPv6 address of the host; port 0 takes a free one. Not used where systemd passes sockets (efa-agent.socket)."},
  {"web.telemetry_path", restart, "web.telemetry-path", TextOption{member<&C::web, &C::Web::telemetry_path>, telemetry_path_text},
   "Path under which the metrics are served."},
  {"web.max_requests", restart, "web.max-requests", NumberOption{member<&C::web, &C::Web::max_requests>, 0, 10'000},
   "Scrapes answered at once; the others get status 503. 0 is no limit."},
  {"web.config_file", restart, "web.config.file", TextOption{member<&C::web, &C::Web::config_file>, optional_path_text},
   "File that turns on TLS, client certificates and passwords, in the format of Prometheus's exporter-toolkit. It is read again when it, or a certificate that it names, changes."},
  {"path.root", restart, "path.root", TextOption{member<&C::path, &C::Path::root>, path_text},
   "Where the host's root is, for what is installed in /opt, /etc and /usr; in a container, where it is mounted."},
  {"path.sysfs", restart, "path.sysfs", TextOption{member<&C::path, &C::Path::sysfs>, path_text},
   "Where sysfs is mounted."},
  {"path.procfs", restart, "path.procfs", TextOption{member<&C::path, &C::Path::procfs>, path_text},
   "Where procfs is mounted."},
  {"path.pod_logs", restart, "", TextOption{member<&C::path, &C::Path::pod_logs>, path_text},
   "Where the kubelet keeps a directory for each pod, named after it: how a pod's name is known."},
  {"path.pod_resources", restart, "", TextOption{member<&C::path, &C::Path::pod_resources>, path_text},
   "The kubelet's socket that tells which pods were allocated which devices."},
  {"reading.timeout", at_once, "", DurationOption{member<&C::reading, &C::Reading::timeout>, 100ms, 60s},
   "How long a scrape waits for a device. One that misses it is published as stuck, the others as ever."},
  {"reading.threads", at_once, "", NumberOption{member<&C::reading, &C::Reading::threads>, 1, 64},
   "Devices read at the same time; those that are stuck do not count."},
  {"counters.source", restart, "", choice<&C::counters, &C::Counters::source>(counter_sources),
   "Where the counters of ports are read: sysfs, RDMA netlink (all of a port of one moment, but the device is asked each time), or auto: netlink for devices whose counters sysfs does not show, as in a container."},
  {"collectors.hw_counters", at_once, "collector.hw_counters", FlagOption{member<&C::collectors, &C::Collectors::hw_counters>},
   "The hardware counters of devices and ports."},
  {"collectors.devices", at_once, "collector.devices", FlagOption{member<&C::collectors, &C::Collectors::devices>},
   "What is known of each device, how many there are, and how many there should be."},
  {"collectors.instance", at_once, "collector.instance", FlagOption{member<&C::collectors, &C::Collectors::instance>},
   "What is known of the EC2 instance."},
  {"collectors.events", at_once, "collector.events", FlagOption{member<&C::collectors, &C::Collectors::events>},
   "Devices that come, go and are renamed, noticed when it happens."},
  {"collectors.owners", at_once, "collector.owners", FlagOption{member<&C::collectors, &C::Collectors::owners>},
   "What processes hold of each device, and which job, pod, container or unit they belong to."},
  {"collectors.host", at_once, "collector.host", FlagOption{member<&C::collectors, &C::Collectors::host>},
   "Versions of what EFA needs on the host, kernel modules, huge pages and the devices' nodes."},
  {"collectors.ena", at_once, "collector.ena", FlagOption{member<&C::collectors, &C::Collectors::ena>},
   "The network interfaces (ENA) beside the EFA devices: link, allowances, ENA Express, resets."},
  {"collectors.health", at_once, "collector.health", FlagOption{member<&C::collectors, &C::Collectors::health>},
   "Those checks of efa-agent doctor that cost nothing, judged once a minute from what the other collectors know."},
  {"collectors.allocations", at_once, "collector.allocations", FlagOption{member<&C::collectors, &C::Collectors::allocations>},
   "Which pods each device was allocated to, as the kubelet tells. Needs root, or its socket's group, and a build with gRPC."},
  {"collectors.process", at_once, "collector.process", FlagOption{member<&C::collectors, &C::Collectors::process>},
   "CPU, memory, descriptors and threads of the agent itself."},
  {"ownership.interval", at_once, "", DurationOption{member<&C::ownership, &C::Ownership::interval>, 1s, 1h},
   "Age at which a scrape has the owners of devices looked up anew. It does not wait for that."},
  {"ownership.max_owners", at_once, "", NumberOption{member<&C::ownership, &C::Ownership::max_owners>, 1, 10'000},
   "Owners that are told apart, the longest-lived first. The rest is summed up as owner=\"other\"."},
  {"ownership.queue_pairs", at_once, "", FlagOption{member<&C::ownership, &C::Ownership::queue_pairs>},
   "Also tell how many queue pairs each owner has. Costs a device one admin command for each of its queue pairs, once a minute at most."},
  {"ownership.environment", at_once, "", FlagOption{member<&C::ownership, &C::Ownership::environment>},
   "Also tell each process's rank and its job's name, and where a cgroup tells no job its number, from the environment (OMPI_COMM_WORLD_RANK, SLURM_PROCID, RANK, SLURM_JOB_NAME and a few more; nothing else of it). Needs CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH."},
  {"ena.interval", at_once, "", DurationOption{member<&C::ena, &C::Ena::interval>, 1s, 1h},
   "Age at which a scrape has the ENA interfaces read anew. It does not wait for that."},
  {"ena.queues", at_once, "", FlagOption{member<&C::ena, &C::Ena::queues>},
   "Also publish the statistics of each queue of an ENA interface: up to 13 series a queue."},
  {"devices.expected", at_once, "", NumberOrAutoOption{member<&C::devices, &C::Devices::expected>, 0, 1'024},
   "How many EFA devices this host should have; auto is the maximum of its instance type."},
  {"instance.instance_id", at_once, "", TextOption{member<&C::instance, &C::Instance::instance_id>, any_text},
   "Identity of the instance, such as i-0123456789abcdef0. Empty: as EC2 tells."},
  {"instance.instance_type", at_once, "", TextOption{member<&C::instance, &C::Instance::instance_type>, any_text},
   "Type of the instance, such as p5.48xlarge. Empty: as EC2 tells."},
  {"instance.availability_zone", at_once, "", TextOption{member<&C::instance, &C::Instance::availability_zone>, any_text},
   "Availability zone, such as us-east-1a. Empty: as EC2 tells."},
  {"instance.availability_zone_id", at_once, "", TextOption{member<&C::instance, &C::Instance::availability_zone_id>, any_text},
   "Identity of the availability zone, such as use1-az1. Empty: as EC2 tells."},
  {"instance.region", at_once, "", TextOption{member<&C::instance, &C::Instance::region>, any_text},
   "Region, such as us-east-1. Empty: as EC2 tells."},
  {"instance.placement_group", at_once, "", TextOption{member<&C::instance, &C::Instance::placement_group>, any_text},
   "Name of the placement group. Empty: as EC2 tells."},
  {"instance.image_id", at_once, "", TextOption{member<&C::instance, &C::Instance::image_id>, any_text},
   "Image the instance was started from, such as ami-0123456789abcdef0. Empty: as EC2 tells."},
  {"instance.node_name", at_once, "", TextOption{member<&C::instance, &C::Instance::node_name>, any_text},
   "Name of the Kubernetes node. Empty: the environment's NODE_NAME, if it is set."},
  {"instance.imds", at_once, "", FlagOption{member<&C::instance, &C::Instance::imds>},
   "Ask the instance metadata service for what is not set above, and for each EFA's network interface. Without it the firmware's tables (DMI) tell type and identity."},
  {"instance.tags", at_once, "", TextListOption{member<&C::instance, &C::Instance::tags>, any_text, true},
   "Keys of instance tags that stand on efa_instance_info, as tag_<key>. EC2 must be allowed to show them (InstanceMetadataTags)."},
  {"instance.labels_on_every_series", at_once, "", TextListOption{member<&C::instance, &C::Instance::labels_on_every_series>, identity_label_text, true},
   "Which of the above stand as labels on every series, once they are known. All of them stand on efa_instance_info."},
  {"labels", at_once, "", TextMapOption{member<&C::labels>, label_name_text, any_text},
   "Labels of your own, on every series."},
  {"compat.aws_node_exporter", at_once, "", FlagOption{member<&C::compat, &C::Compat::aws_node_exporter>},
   "Publish the counters also as node_amazonefa_*, named and typed as by the AWS EFA node exporter."},
  {"log.level", at_once, "log.level", choice<&C::log, &C::Log::level>(log_levels),
   "Least severity that is logged."},
  {"log.format", at_once, "log.format", choice<&C::log, &C::Log::format>(log_formats),
   "Form of a line of the log."},
};
// clang-format on

}  // namespace

std::span<const Option> options() { return table; }

const Option* find_option(std::string_view path) {
  const auto* option = std::find_if(std::begin(table), std::end(table),
                                    [&](const Option& row) { return row.path == path; });
  return option == std::end(table) ? nullptr : option;
}

}  // namespace efa
