#include "collectors/devices.h"

#include "collectors/catalogue/agent_metrics.h"
#include "config/instance_types.h"

namespace efa {
namespace {

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    all.append(all.empty() ? "" : ",").append(text);
  }
  return all;
}

void add_info(const DeviceAttributes& device, const NetworkInterface* interface, SeriesPlan& plan) {
  const NetworkInterface unknown;
  const NetworkInterface& eni = interface != nullptr ? *interface : unknown;
  const std::string groups = joined(eni.security_group_ids);
  const std::string_view type =
      interface == nullptr ? "" : (eni.has_addresses ? "efa" : "efa-only");
  plan.add(metric::device_info,
           {{"device", device.name},
            {"pci_address", device.pci_address},
            {"pci_id", device.pci_id},
            {"numa_node", device.numa_node},
            {"node_guid", device.node_guid},
            {"mac", device.mac},
            {"driver_version", device.driver_version},
            {"p2p", device.p2p},
            {"eni_id", eni.interface_id},
            {"interface_type", type},
            {"network_card", eni.network_card},
            {"subnet_id", eni.subnet_id},
            {"vpc_id", eni.vpc_id},
            {"security_group_ids", groups}},
           1);
}

template <typename Add>
void for_each_port(const DeviceLayouts& devices, const Add& add) {
  for (const auto& device : devices) {
    for (const PortAttributes& port : device->attributes.ports) {
      add(device->attributes.name, port);
    }
  }
}

}  // namespace

void Devices::describe(const DeviceLayouts& devices, SeriesPlan& plan) {
  described_ = instance_->version();
  for (const auto& device : devices) {
    add_info(device->attributes, instance_->metadata().find(device->attributes.mac), plan);
  }
  for_each_port(devices, [&](const std::string& device, const PortAttributes& port) {
    if (port.rate_bytes_per_second) {
      plan.add(metric::port_rate, {{"device", device}, {"port", port.port}},
               *port.rate_bytes_per_second);
    }
  });
  for_each_port(devices, [&](const std::string& device, const PortAttributes& port) {
    if (port.lifespan_milliseconds) {
      plan.add(metric::counters_lifespan, {{"device", device}, {"port", port.port}},
               static_cast<double>(*port.lifespan_milliseconds) / 1000);
    }
  });
  for (std::size_t i = 0; i < devices.size(); ++i) {
    plan.add_state(metric::device_up, {{"device", devices[i]->attributes.name}}, i,
                   SeriesPlan::State::up);
  }
  for (std::size_t i = 0; i < devices.size(); ++i) {
    plan.add_state(metric::device_stuck, {{"device", devices[i]->attributes.name}}, i,
                   SeriesPlan::State::stuck);
  }
}

bool Devices::collect(const Reading& reading, SampleSink& sink) {
  for (std::size_t i = 0; i < reading.devices.size(); ++i) {
    const std::string& device = reading.devices[i].layout->attributes.name;
    for (std::size_t reason = 0; reason < reason_count; ++reason) {
      if (const auto count = reading.read_errors[i][reason]; count > 0) {
        sink.add(metric::read_errors,
                 {{"device", device}, {"reason", to_string(static_cast<Reason>(reason))}},
                 static_cast<double>(count));
      }
    }
  }
  if (!reading.scan_problem) {
    sink.add(metric::devices, {}, static_cast<double>(reading.devices.size()));
  }
  add_expected(sink);
  return !reading.scan_problem;
}

void Devices::add_expected(SampleSink& sink) const {
  const auto type = find_instance_type(instance_->metadata().instance_type);
  const auto expected = expected_ || !type ? expected_ : type->max_efa_interfaces;
  if (expected) {
    sink.add(metric::devices_expected, {{"source", expected_ ? "configured" : "instance_type"}},
             *expected);
  }
}

}  // namespace efa
