#include "collectors/health/words.h"

#include <algorithm>

namespace efa::words {

Finding without_efa() {
  return unknown("no EFA on this host, so there is nothing to judge",
                 "if there should be one, see first what the checks EFA-3xx say");
}

Finding without_host_facts() {
  return unknown("the files of this host were not looked at",
                 "run efa-agent doctor on the host itself");
}

Finding not_where_jobs_run() {
  return unknown("this is the agent's container (path.root is not /), which no job runs in",
                 "run efa-agent doctor where the job runs: in its container, or in the shell or "
                 "the prologue that starts it");
}

bool is_without_efa(const HealthView& view) {
  const bool devices_known = view.now != nullptr && !view.now->scan_problem;
  const bool bus_known = view.host && view.host->efa_functions;
  const bool has_devices = view.now != nullptr && !view.now->devices.empty();
  const bool has_functions = bus_known && !view.host->efa_functions->empty();
  return (devices_known || bus_known) && !has_devices && !has_functions;
}

std::vector<std::string> device_names(const HealthView& view) {
  std::vector<std::string> names;
  if (view.now != nullptr) {
    for (const DeviceReading& device : view.now->devices) {
      names.push_back(device.layout->attributes.name);
    }
  }
  return names;
}

std::string driver_version(const HealthView& view) {
  if (view.now != nullptr) {
    for (const DeviceReading& device : view.now->devices) {
      if (!device.layout->attributes.driver_version.empty()) {
        return device.layout->attributes.driver_version;
      }
    }
  }
  const KernelModule* driver = view.host ? find_module(view.host->modules, "efa") : nullptr;
  return driver != nullptr ? driver->version : std::string();
}

const Error* problem_at(const HostFacts& host, std::string_view path) {
  const auto problem = std::find_if(host.problems.begin(), host.problems.end(),
                                    [&](const Error& one) { return one.context.ends_with(path); });
  return problem == host.problems.end() ? nullptr : &*problem;
}

std::string listed(const std::vector<std::string>& names, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(most, names.size()); ++i) {
    const bool is_last = i > 0 && i + 1 == names.size();
    text.append(i == 0 ? "" : is_last ? " and " : ", ").append(names[i]);
  }
  if (names.size() > most) {
    text.append(" and ").append(std::to_string(names.size() - most)).append(" more");
  }
  return text;
}

std::string memory(std::uint64_t bytes) {
  if (bytes == MemlockLimit::unlimited) {
    return "unlimited";
  }
  constexpr std::string_view units[] = {" bytes", " KiB", " MiB", " GiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && bytes % 1024 == 0 && unit < 3) {
    bytes /= 1024;
    ++unit;
  }
  // What is no whole number of the unit is told in the largest that leaves four digits.
  while (bytes >= 10'000 && unit < 3) {
    bytes /= 1024;
    ++unit;
  }
  return std::to_string(bytes).append(units[unit]);
}

}  // namespace efa::words
