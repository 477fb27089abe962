#include "collectors/netlink/netlink_device.h"

#include <algorithm>
#include <utility>

#include "collectors/catalogue/hw_counters.h"

namespace efa {
namespace {

constexpr const char* where = "RDMA netlink: STAT_GET";

std::string guid_text(std::uint64_t guid) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; guid != 0 && i < 16; ++i) {
    if (i > 0 && i % 4 == 0) {
      text += ':';
    }
    text += digits[guid >> (60 - 4 * i) & 0xfU];
  }
  return text;
}

bool is_same(const std::vector<std::string>& names, const std::vector<RdmaCounter>& counters) {
  return std::equal(
      names.begin(), names.end(), counters.begin(), counters.end(),
      [](const std::string& name, const RdmaCounter& counter) { return name == counter.name; });
}

// Before release 1.14 a port lists the device's counters, too: they are read where they belong.
bool is_counter_of_device(const CounterSlot& slot, const std::string& name) {
  return slot.port.empty() && slot.file == name;
}

void add_missing_port(DeviceAttributes& attributes, const std::string& name) {
  const bool is_there = std::any_of(attributes.ports.begin(), attributes.ports.end(),
                                    [&](const PortAttributes& port) { return port.port == name; });
  if (!is_there) {
    attributes.ports.push_back({name, {}, {}});
  }
}

}  // namespace

DeviceAttributes attributes_of(const RdmaDevice& device) {
  DeviceAttributes attributes;
  attributes.name = device.name;
  attributes.node_guid = guid_text(device.node_guid);
  return attributes;
}

NetlinkDevice::NetlinkDevice(std::unique_ptr<NetlinkTransport> transport, const Clock& clock,
                             const RdmaDevice& device, std::shared_ptr<DeviceReader> rest)
    : transport_(std::move(transport)),
      clock_(clock),
      rdma_(*transport_, clock),
      index_(device.index),
      attributes_(attributes_of(device)),
      rest_(std::move(rest)),
      identity_(rest_ ? rest_->identity() : attributes_.identity()) {
  for (std::uint32_t number = 1; number <= device.ports; ++number) {
    Port& port = ports_.emplace_back();
    port.number = number;
    port.name = std::to_string(number);
  }
  rest_layout_ = rest_ ? rest_->layout() : nullptr;
  renew_layout();
}

void NetlinkDevice::read(DeviceReading& out) {
  const SteadyTime now = clock_.now();
  if (rest_) {
    rest_->read(rest_reading_);
  }
  bool is_layout_old = rest_ && rest_reading_.layout != rest_layout_;
  for (Port& port : ports_) {
    ask(port, now);
    if (port.answer && !port.problem && !is_same(port.counters, *port.answer)) {
      port.counters.clear();
      for (const RdmaCounter& counter : *port.answer) {
        port.counters.push_back(counter.name);
      }
      is_layout_old = true;
    }
  }
  if (is_layout_old) {
    rest_layout_ = rest_reading_.layout;
    renew_layout();
  }
  out.reset(layout_);
  if (rest_) {
    std::copy(rest_reading_.values.begin(), rest_reading_.values.end(), out.values.begin());
    std::copy(rest_reading_.present.begin(), rest_reading_.present.end(), out.present.begin());
    out.failures = rest_reading_.failures;
    out.problem = rest_reading_.problem;
  }
  for (const Port& port : ports_) {
    fill(port, out);
  }
}

void NetlinkDevice::ask(Port& port, SteadyTime now) {
  if (!port.backoff.due(now)) {
    port.answer = std::vector<RdmaCounter>();
    return;
  }
  port.answer = rdma_.port_counters(index_, port.number);
  if (port.answer) {
    port.problem.reset();
    port.backoff.succeeded();
  } else {
    port.problem = Problem{port.answer.error().reason, port.answer.error().errno_value, where};
    port.backoff.failed(now);
  }
}

// The counters of the other reader come first, then port by port.
void NetlinkDevice::renew_layout() {
  DeviceLayout layout = rest_layout_ ? *rest_layout_ : DeviceLayout{attributes_, {}};
  const std::size_t of_rest = layout.counters.size();
  for (Port& port : ports_) {
    add_missing_port(layout.attributes, port.name);
    port.slots.assign(port.counters.size(), std::nullopt);
    for (std::size_t i = 0; i < port.counters.size(); ++i) {
      const std::string& name = port.counters[i];
      const auto end = layout.counters.begin() + static_cast<std::ptrdiff_t>(of_rest);
      const bool is_read = std::any_of(layout.counters.begin(), end, [&](const CounterSlot& slot) {
        return is_counter_of_device(slot, name);
      });
      const MetricSpec* spec = find_hw_counter(name);
      const bool of_device = spec != nullptr && spec->scope == Scope::device;
      if (is_read || !is_publishable(name) || (of_device && port.number > 1)) {
        continue;
      }
      port.slots[i] = layout.counters.size();
      layout.counters.push_back({spec, name, of_device ? "" : port.name, port.name});
    }
  }
  layout_ = std::make_shared<const DeviceLayout>(std::move(layout));
}

void NetlinkDevice::fill(const Port& port, DeviceReading& out) {
  if (!port.answer) {
    ++out.failures[static_cast<std::size_t>(port.answer.error().reason)];
  }
  if (port.problem) {
    out.problem = out.problem ? out.problem : port.problem;
    return;
  }
  for (std::size_t i = 0; i < port.slots.size(); ++i) {
    if (port.slots[i]) {
      out.values[*port.slots[i]] = (*port.answer)[i].value;
      out.present[*port.slots[i]] = 1;
      out.state = DeviceState::up;
    }
  }
}

}  // namespace efa
