#include "agent/health_source.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>
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

class Source {
 public:
  Source(const Config& config, Files& files, std::shared_ptr<const KnownInstance> instance,
         BackgroundReaders readers)
      : files_(files),
        paths_{config.path.root, config.path.sysfs, config.path.procfs},
        expected_(config.devices.expected),
        instance_(std::move(instance)),
        readers_(std::move(readers)) {}

  [[nodiscard]] HealthView look(const Reading& reading) const {
    HealthView view;
    view.instance = instance_->metadata();
    view.instance.problem = instance_->problem();
    view.configured_devices = expected_;
    view.up_for = time_since_boot();
    const DeviceLayouts layouts = layouts_of(reading);
    view.ownership = latest_of(readers_.ownership, named_devices(layouts));
    view.ena = latest_of(readers_.ena, std::monostate());
    view.host = host(layouts);
    return view;
  }

 private:
  // What is known by now; nothing if that is nothing, or nobody reads it.
  template <typename Value, typename Question>
  static std::optional<Value> latest_of(const std::shared_ptr<Refresher<Value, Question>>& reader,
                                        const Question& question) {
    const auto latest = reader ? reader->latest(question, {}) : nullptr;
    return latest ? std::optional(*latest) : std::nullopt;
  }

  [[nodiscard]] std::optional<HostFacts> host(const DeviceLayouts& layouts) const {
    auto facts = latest_of(readers_.host_facts, std::monostate());
    if (!facts) {
      return facts;
    }
    HostFiles host(files_, paths_);
    facts->efa_functions = read_efa_functions(host);
    std::vector<std::string> names;
    for (const auto& layout : layouts) {
      names.push_back(layout->attributes.name);
    }
    if (const auto state = latest_of(readers_.host_state, names)) {
      renew(*state, *facts);
    }
    return facts;
  }

  Files& files_;
  const HostPaths paths_;
  const std::optional<unsigned> expected_;
  const std::shared_ptr<const KnownInstance> instance_;
  const BackgroundReaders readers_;
};

}  // namespace

Health::Look make_health_look(const Config& config, Files& files,
                              std::shared_ptr<const KnownInstance> instance,
                              BackgroundReaders readers) {
  return [source = std::make_shared<const Source>(config, files, std::move(instance),
                                                  std::move(readers))](const Reading& reading) {
    return source->look(reading);
  };
}

}  // namespace efa
