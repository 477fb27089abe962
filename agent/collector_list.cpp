#include "agent/collector_list.h"

#include "agent/allocations.h"
#include "agent/ownership.h"
#include "collectors/aws_node_exporter.h"
#include "collectors/devices.h"
#include "collectors/events.h"
#include "collectors/hw_counters.h"
#include "collectors/instance.h"
#include "collectors/owners.h"
#include "collectors/proc/boot_time.h"
#include "collectors/process.h"
#include "config/instance_types.h"

namespace efa {
namespace {

// How long the first scrape waits for the first look at who owns what: it takes some milliseconds.
constexpr std::chrono::milliseconds first_owners{500};

std::optional<unsigned> expected_devices(const Config& config) {
  if (config.devices.expected) {
    return config.devices.expected;
  }
  const auto type = find_instance_type(config.instance.instance_type);
  return type ? type->max_efa_interfaces : std::nullopt;
}

}  // namespace

Exposition::Collectors make_collectors(const Config& config, Files& files, const Clock& clock,
                                       const std::shared_ptr<DeviceWatch>& watch) {
  Exposition::Collectors list;
  const auto add = [&](bool wanted, auto make) {
    if (wanted) {
      list.push_back(make());
    }
  };
  add(config.collectors.hw_counters, [] { return std::make_unique<HwCounters>(); });
  add(config.compat.aws_node_exporter, [] { return std::make_unique<AwsNodeExporter>(); });
  add(config.collectors.devices,
      [&] { return std::make_unique<Devices>(expected_devices(config)); });
  add(config.collectors.instance, [&] { return std::make_unique<Instance>(config.instance); });
  add(config.collectors.events && watch, [&] { return std::make_unique<Events>(watch); });
  add(config.collectors.owners, [&] {
    return std::make_unique<Owners>(make_ownership(config, files, clock),
                                    config.ownership.max_owners,
                                    read_boot_time(files, config.path.procfs), first_owners);
  });
  add(config.collectors.allocations && can_ask_kubelet(),
      [&] { return make_allocations(config, clock); });
  add(config.collectors.process,
      [&] { return std::make_unique<Process>(OwnProcess(files, clock, config.path.procfs)); });
  return list;
}

}  // namespace efa
