#include "collectors/hw_counters.h"

#include <algorithm>

#include "collectors/catalogue/agent_metrics.h"
#include "collectors/catalogue/hw_counters.h"

namespace efa {
namespace {

void add_series(const MetricSpec& spec, const DeviceLayout& device, std::size_t device_index,
                std::size_t slot, SeriesPlan& plan) {
  const std::string& name = device.attributes.name;
  const std::string& port = device.counters[slot].port;
  if (port.empty()) {
    plan.add_counter(spec, {{"device", name}}, device_index, slot);
  } else {
    plan.add_counter(spec, {{"device", name}, {"port", port}}, device_index, slot);
  }
}

template <typename Wanted>
void add_family(const MetricSpec& spec, const DeviceLayouts& devices, SeriesPlan& plan,
                const Wanted& wanted) {
  for (std::size_t device = 0; device < devices.size(); ++device) {
    const auto& counters = devices[device]->counters;
    for (std::size_t slot = 0; slot < counters.size(); ++slot) {
      if (wanted(counters[slot])) {
        add_series(spec, *devices[device], device, slot, plan);
      }
    }
  }
}

// OpenMetrics knows a counter's family by its name without the suffix, which may be another's name.
bool is_taken(std::string_view metric) {
  constexpr std::string_view suffix = "_total";
  const std::string_view family = metric.substr(0, metric.size() - suffix.size());
  return std::any_of(std::begin(metric::all), std::end(metric::all), [&](const MetricSpec& spec) {
    return spec.name == metric || spec.name == family;
  });
}

}  // namespace

void HwCounters::describe(const DeviceLayouts& devices, SeriesPlan& plan) {
  for (const MetricSpec& spec : hw_counters) {
    add_family(spec, devices, plan, [&](const CounterSlot& slot) { return slot.spec == &spec; });
  }
  unknown_.clear();
  for (const auto& device : devices) {
    for (const CounterSlot& slot : device->counters) {
      std::string metric = "efa_" + slot.file + "_total";
      if (slot.spec == nullptr && !is_taken(metric)) {
        unknown_.try_emplace(slot.file, Unknown{std::move(metric), {}});
      }
    }
  }
  for (auto& [file, unknown] : unknown_) {
    unknown.spec = {
        file,          unknown.metric,
        Kind::counter, Scope::port,
        Unit::none,    "Hardware counter that this release of the agent does not know."};
    add_family(unknown.spec, devices, plan,
               [&, wanted = std::string_view(file)](const CounterSlot& slot) {
                 return slot.spec == nullptr && slot.file == wanted;
               });
  }
}

bool all_read(const Reading& reading) {
  return !reading.scan_problem && std::all_of(reading.devices.begin(), reading.devices.end(),
                                              [](const DeviceReading& device) {
                                                return device.state == DeviceState::up &&
                                                       !device.problem;
                                              });
}

bool HwCounters::collect(const Reading& reading, SampleSink& /*sink*/) { return all_read(reading); }

}  // namespace efa
