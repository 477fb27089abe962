#include "collectors/netlink/netlink_device.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "collectors/catalogue/hw_counters.h"

namespace efa {
namespace {

constexpr const char* where = "RDMA netlink: STAT_GET";
constexpr std::uint64_t no_target = ~std::uint64_t{0};
constexpr unsigned target_shift = 32;
constexpr std::size_t most_ports = 255;

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
                             DeviceAttributes attributes, std::shared_ptr<DeviceReader> rest)
    : transport_(std::move(transport)),
      clock_(clock),
      rdma_(*transport_, clock),
      target_(no_target),
      attributes_(std::move(attributes)),
      rest_(std::move(rest)),
      identity_(rest_ ? rest_->identity() : attributes_.identity()),
      rest_layout_(rest_ ? rest_->layout() : nullptr) {
  renew_layout();
}

NetlinkDevice::NetlinkDevice(std::unique_ptr<NetlinkTransport> transport, const Clock& clock,
                             std::shared_ptr<DeviceReader> rest)
    : NetlinkDevice(std::move(transport), clock, DeviceAttributes(), std::move(rest)) {}

NetlinkDevice::NetlinkDevice(std::unique_ptr<NetlinkTransport> transport, const Clock& clock,
                             const RdmaDevice& device)
    : NetlinkDevice(std::move(transport), clock, attributes_of(device), nullptr) {
  set_target(&device);
}

void NetlinkDevice::set_target(const RdmaDevice* device) {
  target_ = device == nullptr ? no_target
                              : (std::uint64_t{device->ports} << target_shift) | device->index;
}

void NetlinkDevice::renew_ports(std::uint64_t target) {
  const auto count = static_cast<std::size_t>(target >> target_shift);
  if (target == no_target || count == ports_.size() || count > most_ports) {
    return;
  }
  is_layout_old_ = true;
  ports_.clear();
  for (std::uint32_t number = 1; number <= count; ++number) {
    Port& port = ports_.emplace_back();
    port.number = number;
    port.name = std::to_string(number);
  }
}

void NetlinkDevice::read(DeviceReading& out) {
  const SteadyTime now = clock_.now();
  const std::uint64_t target = target_;
  if (rest_) {
    rest_->read(rest_reading_);
    is_layout_old_ = is_layout_old_ || rest_reading_.layout != rest_layout_;
  }
  renew_ports(target);
  for (Port& port : ports_) {
    if (target == no_target) {
      port.answer = Error::from_errno(ENODEV);
      port.problem = Problem{Reason::closed, ENODEV, where};
      continue;
    }
    ask(port, static_cast<std::uint32_t>(target), now);
    if (port.answer && !port.problem && !is_same(port.counters, *port.answer)) {
      is_layout_old_ = true;
    }
  }
  if (is_layout_old_) {
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
  if (ports_.empty() && !out.problem) {
    out.problem = Problem{Reason::closed, ENODEV, where};
  }
}

void NetlinkDevice::ask(Port& port, std::uint32_t device, SteadyTime now) {
  if (!port.backoff.due(now)) {
    port.answer = std::vector<RdmaCounter>();
    return;
  }
  port.answer = rdma_.port_counters(device, port.number);
  if (port.answer) {
    port.problem.reset();
    port.backoff.succeeded();
  } else {
    port.problem = Problem{port.answer.error().reason, port.answer.error().errno_value, where};
    port.backoff.failed(now);
  }
}

// The counters of the other reader come first, then port by port. Until all of it is made the old
// one counts as old: memory may run out on the way.
void NetlinkDevice::renew_layout() {
  is_layout_old_ = true;
  const auto rest = rest_ && rest_reading_.layout ? rest_reading_.layout : rest_layout_;
  DeviceLayout layout = rest ? *rest : DeviceLayout{attributes_, {}};
  const std::size_t of_rest = layout.counters.size();
  for (Port& port : ports_) {
    add_missing_port(layout.attributes, port.name);
    if (port.answer && !port.problem) {
      port.counters.clear();
      for (const RdmaCounter& counter : *port.answer) {
        port.counters.push_back(counter.name);
      }
    }
    add_port(port, of_rest, layout);
  }
  layout_ = std::make_shared<const DeviceLayout>(std::move(layout));
  rest_layout_ = rest;
  is_layout_old_ = false;
}

void NetlinkDevice::add_port(Port& port, std::size_t of_rest, DeviceLayout& layout) {
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
