#include "collectors/aws_node_exporter.h"

#include <iterator>

#include "collectors/catalogue/hw_counters.h"

namespace efa {
namespace {

constexpr MetricSpec info{"sysfs",     "node_amazonefa_info",
                          Kind::gauge, Scope::device,
                          Unit::none,  "Non-numeric data of an EFA device, value is always 1."};
constexpr MetricSpec lifespan{"lifespan",    "node_amazonefa_lifespan",
                              Kind::counter, Scope::port,
                              Unit::none,    "Lifespan of the port's counters in milliseconds."};

bool is_known_there(const MetricSpec& counter) {
  return counter.source != "alloc_mr_err" && counter.source != "get_dma_mr_err";
}

void add_family(const MetricSpec& counter, std::string_view name, const DeviceLayouts& devices,
                SeriesPlan& plan) {
  MetricSpec spec = counter;
  spec.name = name;
  for (std::size_t device = 0; device < devices.size(); ++device) {
    const DeviceLayout& layout = *devices[device];
    for (std::size_t slot = 0; slot < layout.counters.size(); ++slot) {
      const std::string& port = layout.counters[slot].listed_at_port;
      if (layout.counters[slot].spec == &counter && !port.empty()) {
        plan.add_counter(spec, {{"device", layout.attributes.name}, {"port", port}}, device, slot);
      }
    }
  }
}

}  // namespace

AwsNodeExporter::AwsNodeExporter() {
  for (const MetricSpec& spec : hw_counters) {
    names_.push_back("node_amazonefa_" + std::string(spec.source));
  }
}

void AwsNodeExporter::describe(const DeviceLayouts& devices, SeriesPlan& plan) {
  for (const auto& device : devices) {
    plan.add(info, {{"device", device->attributes.name}}, 1);
  }
  for (std::size_t row = 0; row < std::size(hw_counters); ++row) {
    if (is_known_there(hw_counters[row])) {
      add_family(hw_counters[row], names_[row], devices, plan);
    }
  }
  for (const auto& device : devices) {
    for (const PortAttributes& port : device->attributes.ports) {
      if (port.lifespan_milliseconds) {
        plan.add(lifespan, {{"device", device->attributes.name}, {"port", port.port}},
                 static_cast<double>(*port.lifespan_milliseconds));
      }
    }
  }
}

}  // namespace efa
