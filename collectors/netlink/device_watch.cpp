#include "collectors/netlink/device_watch.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace efa {
namespace {

using EventKind = DeviceEvent::Kind;

std::uint64_t& count_of(DeviceWatch::Counts& counts, EventKind kind) {
  return counts[static_cast<std::size_t>(kind)];
}

const NamedDevice* find(const std::vector<NamedDevice>& devices, const std::string& identity) {
  const auto found = std::find_if(devices.begin(), devices.end(), [&](const NamedDevice& device) {
    return device.identity == identity;
  });
  return found == devices.end() ? nullptr : &*found;
}

void count_changes(const std::vector<NamedDevice>& before, const std::vector<NamedDevice>& now,
                   DeviceWatch::Counts& counts) {
  for (const NamedDevice& device : now) {
    const NamedDevice* same = find(before, device.identity);
    if (same == nullptr) {
      ++count_of(counts, EventKind::added);
    } else if (same->name != device.name) {
      ++count_of(counts, EventKind::renamed);
    }
  }
  for (const NamedDevice& device : before) {
    if (find(now, device.identity) == nullptr) {
      ++count_of(counts, EventKind::removed);
    }
  }
}

}  // namespace

DeviceWatch::DeviceWatch(std::unique_ptr<DeviceEvents> events, Host host)
    : events_(std::move(events)), host_(std::move(host)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  if (!events_ || !stop_) {
    return;
  }
  // After listening has begun, so that no device comes unseen between the two.
  names_ = host_.efa_names().value_or(std::set<std::string>());
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {  // no thread to be had: what is noted has to do
  }
}

DeviceWatch::~DeviceWatch() {
  if (thread_.joinable()) {
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
  }
}

void DeviceWatch::run() {
  std::array<pollfd, 2> wanted{{{events_->descriptor(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  while (true) {
    if (::poll(wanted.data(), wanted.size(), -1) < 0) {
      if (errno == EINTR) {
        continue;
      }
      return;
    }
    if (wanted[1].revents != 0 || (wanted[0].revents & (POLLHUP | POLLNVAL)) != 0) {
      return;
    }
    const DeviceEvents::Heard heard = events_->drain();
    take(heard.events);
    const bool is_deaf = heard.problem && heard.problem->errno_value != ENOBUFS &&
                         heard.problem->reason != Reason::malformed;
    if (is_deaf) {
      go_on_by_readings();
      return;
    }
  }
}

// From now on only the readings find what becomes of the devices.
void DeviceWatch::go_on_by_readings() {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < kinds; ++i) {
    heard_[i] = std::max(heard_[i], found_[i]);
    found_[i] = heard_[i];
  }
}

void DeviceWatch::take(const std::vector<DeviceEvent>& events) {
  if (events.empty()) {
    return;
  }
  names_.merge(host_.efa_names().value_or(std::set<std::string>()));
  for (const DeviceEvent& event : events) {
    if (!concerns_efa(event)) {
      continue;
    }
    names_.erase(event.old_name);
    names_.insert(event.name);
    {
      const std::lock_guard lock(mutex_);
      ++count_of(heard_, event.kind);
    }
    host_.tell(event);
  }
}

// By now the device may have another name, or be gone. The driver calls each one efa_0, efa_1, and
// so on at first; udev renames it within moments.
bool DeviceWatch::concerns_efa(const DeviceEvent& event) const {
  return names_.contains(event.name) || names_.contains(event.old_name) ||
         event.name.starts_with("efa_");
}

void DeviceWatch::note(const std::vector<NamedDevice>& found) {
  const std::lock_guard lock(mutex_);
  if (last_found_) {
    count_changes(*last_found_, found, found_);
  }
  last_found_ = found;
}

// What is found is part of what is heard, if all is heard: no event counts twice.
DeviceWatch::Counts DeviceWatch::counts() const {
  const std::lock_guard lock(mutex_);
  Counts counts = heard_;
  for (std::size_t i = 0; i < kinds; ++i) {
    counts[i] = std::max(counts[i], found_[i]);
  }
  return counts;
}

}  // namespace efa
