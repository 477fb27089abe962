#include "agent/health_source.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collectors/host/pci_functions.h"
#include "collectors/proc/boot_time.h"

namespace efa {
namespace {

DeviceLayouts layouts_of(const Reading& reading) {
  DeviceLayouts layouts;
  for (const DeviceReading& device : reading.devices) {
    layouts.push_back(device.layout);
  }
  return layouts;
}

// What is read often instead of what was read up to an hour ago.
void renew(const HostState& state, HostFacts& facts) {
  for (const KernelModule& module : state.modules) {
    const auto old = std::find_if(facts.modules.begin(), facts.modules.end(),
                                  [&](const auto& other) { return other.name == module.name; });
    if (old != facts.modules.end()) {
      *old = module;
    }
  }
  facts.hugepages = state.hugepages;
  facts.uverbs = state.uverbs;
}

}  // namespace

Health::Look make_health_look(const Config& config, Files& files,
                              std::shared_ptr<const KnownInstance> instance,
                              BackgroundReaders readers) {
  const HostPaths paths{config.path.root, config.path.sysfs, config.path.procfs};
  return [&files, paths, expected = config.devices.expected, instance = std::move(instance),
          readers = std::move(readers)](const Reading& reading) {
    HealthView view;
    view.instance = instance->metadata();
    view.instance.problem = instance->problem();
    view.configured_devices = expected;
    view.up_for = time_since_boot();
    const DeviceLayouts layouts = layouts_of(reading);
    if (readers.ownership) {
      if (const auto latest = readers.ownership->latest(named_devices(layouts), {})) {
        view.ownership = *latest;
      }
    }
    if (readers.ena) {
      if (const auto latest = readers.ena->latest({}, {})) {
        view.ena = *latest;
      }
    }
    const auto facts = readers.host_facts ? readers.host_facts->latest({}, {}) : nullptr;
    if (facts) {
      view.host = *facts;
      HostFiles host(files, paths);
      view.host->efa_functions = read_efa_functions(host);
      std::vector<std::string> names;
      for (const auto& layout : layouts) {
        names.push_back(layout->attributes.name);
      }
      if (const auto state = readers.host_state->latest(names, {})) {
        renew(*state, *view.host);
      }
    }
    return view;
  };
}

}  // namespace efa
