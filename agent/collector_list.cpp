#include "agent/collector_list.h"

#include "agent/allocations.h"
#include "agent/health_source.h"
#include "collectors/aws_node_exporter.h"
#include "collectors/devices.h"
#include "collectors/events.h"
#include "collectors/hw_counters.h"
#include "collectors/instance.h"
#include "collectors/owners.h"
#include "collectors/proc/boot_time.h"
#include "collectors/process.h"

namespace efa {
namespace {

// How long the first scrape waits for each first look at something: it takes some milliseconds.
constexpr std::chrono::milliseconds first_look{500};

}  // namespace

Exposition::Collectors make_collectors(const Config& config, Files& files, const Clock& clock,
                                       const LastingState& lasting) {
  const BackgroundReaders& readers = lasting.readers;
  Exposition::Collectors list;
  const auto add = [&](bool wanted, auto make) {
    if (wanted) {
      list.push_back(make());
    }
  };
  add(config.collectors.hw_counters, [] { return std::make_unique<HwCounters>(); });
  add(config.compat.aws_node_exporter, [] { return std::make_unique<AwsNodeExporter>(); });
  add(config.collectors.devices,
      [&] { return std::make_unique<Devices>(lasting.instance, config.devices.expected); });
  add(config.collectors.instance, [&] { return std::make_unique<Instance>(lasting.instance); });
  add(config.collectors.events && lasting.watch,
      [&] { return std::make_unique<Events>(lasting.watch); });
  add(config.collectors.owners, [&] {
    return std::make_unique<Owners>(readers.ownership, config.ownership.max_owners,
                                    read_boot_time(files, config.path.procfs), first_look);
  });
  add(config.collectors.host, [&] {
    return std::make_unique<HostFactsCollector>(readers.host_facts, readers.host_state, first_look);
  });
  add(config.collectors.ena, [&] {
    return std::make_unique<Ena>(readers.ena, make_card_finder(lasting.instance), clock,
                                 config.ena.interval, first_look);
  });
  // After those that wait for what it judges.
  add(config.collectors.health, [&] {
    return std::make_unique<Health>(make_health_look(config, files, lasting.instance, readers),
                                    lasting.health);
  });
  add(config.collectors.allocations && can_ask_kubelet(),
      [&] { return make_allocations(config, clock); });
  add(config.collectors.process,
      [&] { return std::make_unique<Process>(OwnProcess(files, clock, config.path.procfs)); });
  return list;
}

}  // namespace efa
