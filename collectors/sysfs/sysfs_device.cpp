#include "collectors/sysfs/sysfs_device.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <utility>

#include "collectors/base/number.h"
#include "collectors/catalogue/hw_counters.h"

namespace efa {
namespace {

constexpr std::string_view lifespan_file = "lifespan";

std::vector<std::string> list_ports(Files& files, const std::string& device_path) {
  std::vector<std::string> ports;
  std::vector<DirectoryEntry> entries;
  const auto directory = files.open_directory(AT_FDCWD, (device_path + "/ports").c_str());
  if (directory && files.list(directory->get(), entries)) {
    for (DirectoryEntry& entry : entries) {
      if (parse_u64(entry.name)) {
        ports.push_back(std::move(entry.name));
      }
    }
  }
  std::sort(ports.begin(), ports.end(),
            [](const std::string& a, const std::string& b) { return parse_u64(a) < parse_u64(b); });
  return ports;
}

// Whether a failed file says the same of all files of its port: then the first one is enough.
bool concerns_all_files(Reason reason) {
  return reason == Reason::closed || reason == Reason::timeout;
}

// Whether a second failed file in a row makes the port one to ask rarely.
bool blames_device(Reason reason) {
  return concerns_all_files(reason) || reason == Reason::transient || reason == Reason::unsupported;
}

// Whether a port is to be left after one more failed file.
bool is_enough(Reason reason, unsigned& failed_in_a_row) {
  failed_in_a_row = blames_device(reason) ? failed_in_a_row + 1 : 0;
  return concerns_all_files(reason) || failed_in_a_row == 2;
}

Problem count_failure(DeviceReading& out, const Error& error, const std::string& where) {
  ++out.failures[static_cast<std::size_t>(error.reason)];
  Problem problem{error.reason, error.errno_value, where};
  if (!out.problem) {
    out.problem = problem;
  }
  return problem;
}

}  // namespace

bool SysfsDevice::Group::holds(const std::string& file) const {
  return std::binary_search(directory.names().begin(), directory.names().end(), file);
}

SysfsDevice::SysfsDevice(Files& files, const Clock& clock, std::shared_ptr<DescriptorBudget> budget,
                         std::string sysfs, std::string name, PciIdentity pci, PortCounters ports)
    : files_(files),
      clock_(clock),
      budget_(std::move(budget)),
      sysfs_(std::move(sysfs)),
      name_(std::move(name)),
      pci_(std::move(pci)),
      ports_(ports),
      attributes_read_(clock.now()) {
  add_group("");
  for (const std::string& port : ports_to_read()) {
    add_group(port);
  }
  std::vector<CounterSlot> counters = assign_slots();
  DeviceAttributes attributes = ports_ == PortCounters::leave
                                    ? current_attributes()
                                    : read_attributes(files_, sysfs_, name_, pci_);
  for (const Group& group : groups_) {
    if (!group.port.empty()) {
      // Its rate and lifespan come with the first reading: while a reading of the port hangs, the
      // kernel blocks whoever wants to see the lifespan, and this is the scan, which all devices
      // wait for.
      attributes.ports.push_back({group.port, {}, {}});
    }
  }
  layout_ =
      std::make_shared<DeviceLayout>(DeviceLayout{std::move(attributes), std::move(counters)});
}

SysfsDevice::~SysfsDevice() {
  budget_->give_back(static_cast<std::size_t>(std::count_if(
      groups_.begin(), groups_.end(), [](const Group& group) { return bool(group.rate); })));
}

std::string SysfsDevice::port_path(const std::string& port) const {
  const std::string device = sysfs_ + "/class/infiniband/" + name_;
  return port.empty() ? device : device + "/ports/" + port;
}

void SysfsDevice::add_group(const std::string& port) {
  auto directory = CounterDirectory::open(files_, port_path(port) + "/hw_counters", *budget_);
  if (!directory) {
    return;  // an old driver, or a device that leaves: the next scan sees it
  }
  groups_.push_back({std::move(*directory), port, {}, {}, {}, {}, {}});
  if (port.empty() || !budget_->take(1)) {
    return;
  }
  if (auto rate = files_.open(AT_FDCWD, (port_path(port) + "/rate").c_str())) {
    groups_.back().rate = std::move(*rate);
  } else {
    budget_->give_back(1);
  }
}

// Before release 1.14 one list of counters stands in both directories. Each is read where its scope
// says it belongs; one that is in no table, at the port.
bool SysfsDevice::belongs_elsewhere(const Group& group, const std::string& file) const {
  const MetricSpec* spec = find_hw_counter(file);
  const bool wants_device = spec != nullptr && spec->scope == Scope::device;
  if (group.port.empty() == wants_device) {
    return false;
  }
  return std::any_of(groups_.begin(), groups_.end(), [&](const Group& other) {
    const bool better = other.port.empty() == wants_device;
    // A device counter that only ports show is read at the first of them.
    const bool earlier = wants_device && &other < &group;
    return (better || earlier) && other.holds(file);
  });
}

std::vector<CounterSlot> SysfsDevice::assign_slots() {
  std::vector<CounterSlot> counters;
  for (Group& group : groups_) {
    const auto& names = group.directory.names();
    group.slots.resize(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == lifespan_file) {
        group.lifespan = i;
        continue;
      }
      if (!is_publishable(names[i]) || belongs_elsewhere(group, names[i])) {
        continue;
      }
      const MetricSpec* spec = find_hw_counter(names[i]);
      const bool of_device = spec != nullptr && spec->scope == Scope::device;
      group.slots[i] = counters.size();
      counters.push_back({spec, names[i], of_device ? "" : group.port, port_that_lists(group, i)});
    }
  }
  return counters;
}

// The group's own, if it is a port's; else the first that shows the same file.
std::string SysfsDevice::port_that_lists(const Group& group, std::size_t index) const {
  if (!group.port.empty()) {
    return group.port;
  }
  const auto found = std::find_if(groups_.begin(), groups_.end(), [&](const Group& other) {
    return !other.port.empty() && other.holds(group.directory.names()[index]);
  });
  return found == groups_.end() ? std::string() : found->port;
}

bool SysfsDevice::is_as_found() const {
  DescriptorBudget none(0);
  std::size_t found = 0;
  std::vector<std::string> places = ports_to_read();
  places.emplace_back();  // the device's own
  for (const std::string& place : places) {
    const auto now = CounterDirectory::open(files_, port_path(place) + "/hw_counters", none);
    if (!now) {
      continue;
    }
    const auto then = std::find_if(groups_.begin(), groups_.end(),
                                   [&](const Group& group) { return group.port == place; });
    if (then == groups_.end() || then->directory.names() != now->names()) {
      return false;
    }
    ++found;
  }
  return found == groups_.size();
}

bool SysfsDevice::is_complete() const {
  return ports_ == PortCounters::leave || (!groups_.empty() && !groups_.back().port.empty());
}

std::vector<std::string> SysfsDevice::ports_to_read() const {
  return ports_ == PortCounters::leave ? std::vector<std::string>()
                                       : list_ports(files_, port_path(""));
}

PortAttributes SysfsDevice::read_port_attributes(Group& group) {
  PortAttributes attributes{group.port, {}, {}};
  std::array<char, 64> text;  // filled by the read
  if (group.rate) {
    if (const auto size = files_.read_at_start(group.rate.get(), text)) {
      attributes.rate_bytes_per_second = parse_rate({text.data(), *size});
    }
  } else if (const auto rate =
                 files_.read_text(AT_FDCWD, (port_path(group.port) + "/rate").c_str())) {
    attributes.rate_bytes_per_second = parse_rate(*rate);
  }
  if (group.lifespan && group.directory.begin_reads()) {
    if (const auto lifespan = group.directory.read_u64(*group.lifespan)) {
      attributes.lifespan_milliseconds = *lifespan;
    }
    group.directory.end_reads();
  }
  return attributes;
}

DeviceAttributes SysfsDevice::current_attributes() {
  DeviceAttributes attributes = read_attributes(files_, sysfs_, name_, pci_);
  for (Group& group : groups_) {
    if (!group.port.empty()) {
      attributes.ports.push_back(read_port_attributes(group));
    }
  }
  if (ports_ == PortCounters::leave) {
    for (std::string& port : list_ports(files_, port_path(""))) {
      const auto rate = files_.read_text(AT_FDCWD, (port_path(port) + "/rate").c_str());
      attributes.ports.push_back(
          {std::move(port), rate ? parse_rate(*rate) : std::optional<double>(), {}});
    }
  }
  return attributes;
}

// Rate and lifespan are looked at in each scrape, the rest once a minute. What the layout is
// shared with keeps the old one; a new one is made only if something differs.
void SysfsDevice::renew_attributes(SteadyTime now) {
  if (now - attributes_read_ >= attributes_age) {
    attributes_read_ = now;
    DeviceAttributes attributes = current_attributes();
    if (attributes != layout_->attributes) {
      layout_ =
          std::make_shared<DeviceLayout>(DeviceLayout{std::move(attributes), layout_->counters});
    }
    return;
  }
  std::size_t index = 0;
  for (Group& group : groups_) {
    if (group.port.empty()) {
      continue;
    }
    PortAttributes port = read_port_attributes(group);
    if (port != layout_->attributes.ports[index]) {
      auto changed = std::make_shared<DeviceLayout>(*layout_);
      changed->attributes.ports[index] = std::move(port);
      layout_ = std::move(changed);
    }
    ++index;
  }
}

void SysfsDevice::read(DeviceReading& out) {
  const SteadyTime now = clock_.now();
  renew_attributes(now);
  out.reset(layout_);
  bool has_ports = ports_ == PortCounters::leave;
  for (Group& group : groups_) {
    if (group.port.empty()) {
      read_counters(group, out);
    } else {
      has_ports = true;
      read_port(group, out, now);
    }
  }
  for (std::size_t i = 0; i < out.present.size() && out.state != DeviceState::up; ++i) {
    const bool counts = !has_ports || !out.layout->counters[i].port.empty();
    if (counts && out.present[i] != 0) {
      out.state = DeviceState::up;
    }
  }
}

void SysfsDevice::read_port(Group& group, DeviceReading& out, SteadyTime now) {
  if (!group.backoff.due(now)) {
    if (!out.problem) {
      out.problem = group.problem;
    }
    return;
  }
  group.problem = read_counters(group, out);
  if (group.problem) {
    group.backoff.failed(now);
  } else {
    group.backoff.succeeded();
  }
}

// Returns what made it stop before the last file on the device's account.
std::optional<Problem> SysfsDevice::read_counters(Group& group, DeviceReading& out) {
  if (const auto begun = group.directory.begin_reads(); !begun) {
    if (begun.error().reason != Reason::absent) {
      count_failure(out, begun.error(), group.directory.path());
    }
    return std::nullopt;
  }
  std::optional<Problem> stopped;
  unsigned failed_in_a_row = 0;
  for (std::size_t i = 0; i < group.slots.size() && !stopped; ++i) {
    if (!group.slots[i]) {
      continue;
    }
    const auto value = group.directory.read_u64(i);
    if (value) {
      out.values[*group.slots[i]] = *value;
      out.present[*group.slots[i]] = 1;
      failed_in_a_row = 0;
      continue;
    }
    const Reason reason = value.error().reason;
    if (reason == Reason::absent) {
      continue;
    }
    const Problem problem = count_failure(
        out, value.error(), group.directory.path() + '/' + group.directory.names()[i]);
    if (is_enough(reason, failed_in_a_row)) {
      stopped = problem;
    }
  }
  group.directory.end_reads();
  return stopped;
}

}  // namespace efa
