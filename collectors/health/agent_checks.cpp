#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "collectors/health/check.h"
#include "collectors/health/words.h"

namespace efa {
namespace {

using namespace words;

constexpr std::string_view as_root = "run efa-agent doctor as root";

Finding not_looked_for() {
  return unknown("no agent was looked for", "run efa-agent doctor on the host as a command");
}

Finding reachable(const HealthView& view) {
  if (!view.agent) {
    return not_looked_for();
  }
  if (!view.agent->problem) {
    return pass("the agent answers at " + view.agent->address);
  }
  return fail("no answer from " + view.agent->address + ": " + view.agent->problem->message(),
              "sudo systemctl start efa-agent; systemctl status efa-agent; journalctl -u "
              "efa-agent -n 50");
}

Finding config_is_valid(const HealthView& view) {
  if (!view.agent) {
    return not_looked_for();
  }
  const AgentState& agent = *view.agent;
  if (!agent.config_errors.empty()) {
    return fail(
        counted(agent.config_errors.size(), "error") + " in " + agent.config_file + ": " +
            agent.config_errors.front(),
        "efa-agent config check " + agent.config_file + "; then sudo systemctl reload efa-agent");
  }
  return pass(agent.config_file.empty() ? "no configuration file: every option has its default"
                                        : "no error in " + agent.config_file);
}

// Reasons that other checks, of the device itself, tell more about.
bool is_of_device(Reason reason) {
  return reason == Reason::stuck || reason == Reason::timeout || reason == Reason::closed;
}

std::string text_of(const DeviceReading& device) {
  std::string text = device.layout->attributes.name;
  if (device.problem) {
    text.append(device.problem->where.empty() ? "" : " " + device.problem->where);
    text.append(" (").append(to_string(device.problem->reason)).append(")");
  }
  return text;
}

Finding counters_are_readable(const HealthView& view) {
  if (view.now == nullptr) {
    return unknown("the devices were not read", "run efa-agent doctor on the host itself");
  }
  if (view.now->scan_problem) {
    const Problem& problem = *view.now->scan_problem;
    return fail("the list of devices could not be read: " + std::string(to_string(problem.reason)),
                "ls /sys/class/infiniband; in a container mount the host's /sys and set "
                "path.sysfs");
  }
  if (view.now->devices.empty()) {
    return unknown("no EFA device, so there are no counters to read",
                   "if there should be one, see first what the checks EFA-3xx say");
  }
  std::vector<std::string> down;
  std::vector<std::string> partly;
  std::size_t in_trouble = 0;
  for (const DeviceReading& device : view.now->devices) {
    const Reason reason = device.problem ? device.problem->reason : Reason::absent;
    if (device.state == DeviceState::stuck || is_of_device(reason)) {
      ++in_trouble;
    } else if (device.state == DeviceState::down) {
      down.push_back(text_of(device));
    } else if (device.problem && reason != Reason::absent) {
      partly.push_back(text_of(device));
    }
  }
  if (!down.empty()) {
    return fail("not readable: " + listed(down),
                "ls -l /sys/class/infiniband/*/ports/1/hw_counters; in a container set "
                "counters.source: auto; journalctl -u efa-agent -n 50");
  }
  if (!partly.empty()) {
    return warn("not all counters are readable: " + listed(partly),
                "journalctl -u efa-agent -n 50 says why; sudo dmesg | grep -i efa");
  }
  if (in_trouble > 0) {
    return unknown(counted(in_trouble, "device") + " did not answer, so nothing is known of them",
                   "see what the checks EFA-7xx say of them");
  }
  return pass("the counters of " + counted(view.now->devices.size(), "device") + " were read");
}

Finding host_is_readable(const HealthView& view) {
  if (!view.host) {
    return without_host_facts();
  }
  const auto& problems = view.host->problems;
  if (problems.empty()) {
    return pass("every file about the host that is there was read");
  }
  std::vector<std::string> texts;
  texts.reserve(problems.size());
  for (const Error& problem : problems) {
    texts.push_back(problem.message());
  }
  return warn("could not be read or understood: " + listed(texts, 2),
              view.is_root ? "see that the files are whole: ls -l, cat" : std::string(as_root));
}

Finding pid_namespace(const HealthView& view) {
  if (!view.agent) {
    return not_looked_for();
  }
  if (view.agent->has_host_pids) {
    return pass("the host's processes are visible");
  }
  return warn("this process is in a pid namespace of its own",
              "hostPID: true in the pod, --pid=host with docker");
}

Finding owners_are_known(const HealthView& view) {
  if (!view.ownership) {
    return unknown("who uses the devices was not asked",
                   "set collectors.owners: true in /etc/efa-agent/efa-agent.yaml");
  }
  if (view.ownership->problem) {
    const Error& problem = *view.ownership->problem;
    return warn("the kernel does not tell all: " + problem.message(),
                problem.reason == Reason::denied
                    ? std::string(as_root)
                    : "nothing to do for the devices themselves; a newer kernel tracks who "
                      "holds what of RDMA devices (rdma resource show)");
  }
  if (view.ownership->hidden > 0) {
    return warn(
        counted(view.ownership->hidden, "object") + " of processes that are not visible",
        "hostPID: true in the pod, --pid=host with docker; on a host: " + std::string(as_root));
  }
  return pass(counted(view.ownership->owners.size(), "owner") + ", and nothing of hidden ones");
}

constexpr std::uint64_t for_connections = 128;

Finding descriptors(const HealthView& view) {
  if (!view.agent || view.agent->descriptors == 0) {
    return not_looked_for();
  }
  if (view.now == nullptr) {
    return unknown("the devices were not read, so it is not known how many would be needed",
                   "run efa-agent doctor on the host itself");
  }
  const auto& devices = view.now->devices;
  const std::uint64_t needed = std::accumulate(devices.begin(), devices.end(), for_connections,
                                               [](std::uint64_t sum, const DeviceReading& device) {
                                                 return sum + device.layout->counters.size();
                                               });
  std::string found = "a process may have " + std::to_string(view.agent->descriptors) +
                      " files open, and the agent wants " + std::to_string(needed);
  if (view.agent->descriptors >= needed) {
    return pass(std::move(found));
  }
  return warn(std::move(found),
              "LimitNOFILE=8192 by sudo systemctl edit efa-agent, then sudo systemctl restart "
              "efa-agent; in a shell ulimit -n 8192");
}

Finding imds(const HealthView& view) {
  const InstanceMetadata& instance = view.instance;
  std::string known = instance.instance_id;
  known.append(known.empty() ? "" : ", ").append(instance.instance_type);
  if (instance.problem) {
    return warn("IMDS: " + instance.problem->message() +
                    (known.empty() ? "" : "; known all the same: " + known),
                imds_fix(view) + "; elsewhere than on EC2 set instance.imds: false");
  }
  if (instance.source == IdentitySource::imds) {
    return pass("IMDS tells " + known + " and " + counted(instance.interfaces.size(), "interface"));
  }
  return unknown(known.empty() ? "IMDS was not asked" : "IMDS was not asked; known is " + known,
                 "set instance.imds: true in /etc/efa-agent/efa-agent.yaml");
}

constexpr Check checks[] = {
    {"EFA-001", "the agent answers",
     "What nobody collects is not there when a job has failed in the night.", Verdict::fail,
     Published::no, reachable},
    {"EFA-002", "the agent's configuration is valid",
     "With an error in its file the agent does not start, and a reload changes nothing.",
     Verdict::fail, Published::no, config_is_valid},
    {"EFA-003", "the devices' counters are readable",
     "A counter that cannot be read is a gap in every graph and never raises an alarm.",
     Verdict::fail, Published::yes, counters_are_readable},
    {"EFA-004", "the host's files are readable",
     "Versions and limits that cannot be read cannot be judged, either.", Verdict::warn,
     Published::yes, host_is_readable},
    {"EFA-005", "the host's processes are visible",
     "Traffic is told by job and pod only where the processes behind it can be seen.",
     Verdict::warn, Published::no, pid_namespace},
    {"EFA-006", "it is known who uses the devices",
     "Without owners nobody can tell which job a device's traffic and errors belong to.",
     Verdict::warn, Published::yes, owners_are_known},
    {"EFA-007", "there are enough file descriptors",
     "An agent without descriptors to keep opens every file anew in every scrape, or not at all.",
     Verdict::warn, Published::no, descriptors},
    {"EFA-008", "instance metadata is reachable",
     "Instance type, interfaces, subnet and security groups come from there, and the checks of the "
     "network need them.",
     Verdict::warn, Published::yes, imds},
};

}  // namespace

std::span<const Check> agent_checks() { return checks; }

}  // namespace efa
