#include "agent/daemon/reading_log.h"

#include <algorithm>
#include <system_error>

namespace efa {
namespace {

// Subjects of problems beside the devices' identities.
constexpr const char* device_list = "device list";
constexpr const char* device_counters = "device counters";

LogWords words_about(const DeviceAttributes& device) {
  LogWords words{{"device", device.name}};
  if (!device.pci_address.empty()) {
    words.emplace_back("pci_address", device.pci_address);
  }
  return words;
}

LogWords words_about(const Problem& problem) {
  LogWords words{{"reason", std::string(to_string(problem.reason))}};
  if (problem.errno_value != 0) {
    words.emplace_back("error", std::generic_category().message(problem.errno_value));
  }
  if (!problem.where.empty()) {
    words.emplace_back("path", problem.where);
  }
  return words;
}

// Absent and unsupported files are no problem: a driver of another age, another build.
bool is_worth_a_line(const Problem& problem) {
  return problem.reason != Reason::absent && problem.reason != Reason::unsupported;
}

// The path is no part of it: the first file that fails may be another one each time.
std::string kind_of(const Problem& problem) {
  return std::string(to_string(problem.reason)) + ' ' + std::to_string(problem.errno_value);
}

const char* message_of(DeviceState state) {
  switch (state) {
    case DeviceState::up:
      return "something of the device cannot be read";
    case DeviceState::down:
      return "device cannot be read";
    case DeviceState::stuck:
      return "device does not answer: its reading has not returned";
  }
  return "";
}

// The kernel hides the counters of a device from network namespaces that it does not belong to, as
// a container's is: that is one problem, not one of each device.
bool shows_no_counters(const DeviceReading& reading) {
  return reading.layout->counters.empty() && reading.state == DeviceState::down &&
         !(reading.problem && is_worth_a_line(*reading.problem));
}

CurrentProblem no_counters(std::ptrdiff_t devices) {
  return {.subject = device_counters,
          .kind = {},
          .message =
              "devices show no counters, as in a network namespace that is not theirs; give "
              "the agent the host's network or sysfs (path.sysfs), or counters.source: auto",
          .over = "devices show their counters",
          .about = {},
          .details = {{"devices", std::to_string(devices)}}};
}

std::optional<CurrentProblem> problem_of(const DeviceReading& reading) {
  const bool told = reading.problem && is_worth_a_line(*reading.problem);
  if (!told && reading.state == DeviceState::up) {
    return std::nullopt;
  }
  const DeviceAttributes& device = reading.layout->attributes;
  CurrentProblem problem{.subject = device.identity(),
                         .kind = {},
                         .message = message_of(reading.state),
                         .over = "device is readable again",
                         .about = words_about(device),
                         .details = {}};
  if (told) {
    problem.kind = kind_of(*reading.problem);
    problem.details = words_about(*reading.problem);
  }
  return problem;
}

}  // namespace

void ReadingLog::report(const Reading& reading) {
  const std::lock_guard lock(mutex_);
  if (is_news(reading)) {
    report_devices(reading);
    report_problems(reading);
  }
}

bool ReadingLog::is_news(const Reading& reading) {
  if (last_ && reading.started <= *last_) {
    return false;
  }
  last_ = reading.started;
  return true;
}

void ReadingLog::report_devices(const Reading& reading) {
  const auto same = [](const Layout& layout, const DeviceReading& device) {
    return layout == device.layout;
  };
  if (devices_known_ && std::equal(layouts_.begin(), layouts_.end(), reading.devices.begin(),
                                   reading.devices.end(), same)) {
    return;
  }
  // A list that could not be read the first time is no news about devices.
  if (!devices_known_ && reading.scan_problem && reading.devices.empty()) {
    return;
  }
  if (devices_known_) {
    report_gone(reading);
    for (const DeviceReading& device : reading.devices) {
      report_found_or_renamed(device.layout->attributes);
    }
  } else {
    report_first_devices(reading);
  }
  devices_known_ = true;
  layouts_.clear();
  for (const DeviceReading& device : reading.devices) {
    layouts_.push_back(device.layout);
  }
}

void ReadingLog::report_first_devices(const Reading& reading) {
  const bool none = reading.devices.empty();
  write_words(write_, none ? LogLevel::warning : LogLevel::info,
              none ? "no EFA device on this host" : "devices found",
              {{"devices", std::to_string(reading.devices.size())}});
  for (const DeviceReading& device : reading.devices) {
    write_words(write_, LogLevel::debug, "device found", words_about(device.layout->attributes));
  }
}

void ReadingLog::report_gone(const Reading& reading) {
  for (const Layout& layout : layouts_) {
    const DeviceAttributes& device = layout->attributes;
    const bool still_there = std::any_of(
        reading.devices.begin(), reading.devices.end(), [&](const DeviceReading& other) {
          return other.layout->attributes.identity() == device.identity();
        });
    if (!still_there) {
      problems_.forget(device.identity());
      write_words(write_, LogLevel::warning, "device is gone", words_about(device));
    }
  }
}

void ReadingLog::report_found_or_renamed(const DeviceAttributes& device) {
  const DeviceAttributes* before = known(device.identity());
  if (before == nullptr) {
    write_words(write_, LogLevel::info, "device found", words_about(device));
  } else if (before->name != device.name) {
    LogWords words = words_about(device);
    words.emplace_back("was", before->name);
    write_words(write_, LogLevel::info, "device renamed", words);
  }
}

void ReadingLog::report_problems(const Reading& reading) {
  std::vector<CurrentProblem> current;
  if (reading.scan_problem) {
    current.push_back({.subject = device_list,
                       .kind = kind_of(*reading.scan_problem),
                       .message = "the list of devices cannot be read",
                       .over = "the list of devices is readable again",
                       .about = {},
                       .details = words_about(*reading.scan_problem)});
  }
  const auto without_counters =
      std::count_if(reading.devices.begin(), reading.devices.end(), shows_no_counters);
  if (without_counters > 0) {
    current.push_back(no_counters(without_counters));
  }
  for (const DeviceReading& device : reading.devices) {
    if (auto problem = problem_of(device); problem && !shows_no_counters(device)) {
      current.push_back(std::move(*problem));
    }
  }
  problems_.report(current, reading.started);
}

const DeviceAttributes* ReadingLog::known(const std::string& identity) const {
  const auto found = std::find_if(layouts_.begin(), layouts_.end(), [&](const Layout& layout) {
    return layout->attributes.identity() == identity;
  });
  return found == layouts_.end() ? nullptr : &(*found)->attributes;
}

}  // namespace efa
