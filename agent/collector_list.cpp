#include "agent/collector_list.h"

#include "collectors/aws_node_exporter.h"
#include "collectors/devices.h"
#include "collectors/hw_counters.h"
#include "collectors/instance.h"
#include "collectors/process.h"
#include "config/instance_types.h"

namespace efa {
namespace {

std::optional<unsigned> expected_devices(const Config& config) {
  if (config.devices.expected) {
    return config.devices.expected;
  }
  const auto type = find_instance_type(config.instance.instance_type);
  return type ? type->max_efa_interfaces : std::nullopt;
}

}  // namespace

Exposition::Collectors make_collectors(const Config& config, Files& files, const Clock& clock) {
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
  add(config.collectors.process,
      [&] { return std::make_unique<Process>(OwnProcess(files, clock, config.path.procfs)); });
  return list;
}

}  // namespace efa
