#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/health/check.h"
#include "collectors/health/error_judges.h"
#include "collectors/health/judging.h"

namespace efa {
namespace {

using Devices = std::vector<const DeviceReading*>;

template <typename IsMeant>
Devices devices_that(const HealthView& view, const IsMeant& is_meant) {
  Devices devices;
  for (const DeviceReading& device : view.now->devices) {
    if (is_meant(device)) {
      devices.push_back(&device);
    }
  }
  return devices;
}

bool failed(const DeviceReading& device, Reason reason) {
  return (device.problem && device.problem->reason == reason) ||
         device.failures[static_cast<std::size_t>(reason)] > 0;
}

bool is_stuck(const DeviceReading& device) { return device.state == DeviceState::stuck; }

bool is_closed(const DeviceReading& device) {
  return failed(device, Reason::closed) || failed(device, Reason::timeout);
}

std::string all_of(const HealthView& view) {
  return (view.now->devices.size() == 1 ? "" : "all ") + counted(view.now->devices.size(), "EFA");
}

Finding judge_queues(const HealthView& view) {
  if (auto nothing = without_devices(view)) {
    return *nothing;
  }
  if (const Devices closed = devices_that(view, is_closed); !closed.empty()) {
    return fail(joined(closed) + (failed(*closed.front(), Reason::timeout)
                                      ? " did not answer the driver's command (ETIME)"
                                      : " cannot be asked any more (ENODEV)"),
                reload_command(view, closed));
  }
  const Devices unread = devices_that(
      view, [](const DeviceReading& device) { return device.state != DeviceState::up; });
  if (!unread.empty()) {
    return unknown("the counters of " + joined(unread) + " could not be read for another reason",
                   "see EFA-702 and EFA-705");
  }
  return pass(all_of(view) + " answered the driver's commands");
}

Finding judge_stuck(const HealthView& view) {
  if (auto nothing = without_devices(view)) {
    return *nothing;
  }
  if (const Devices stuck = devices_that(view, is_stuck); !stuck.empty()) {
    return fail(
        joined(stuck) + " did not answer in time; the driver waits up to 30 s for a command",
        reload_command(view, stuck));
  }
  return pass(all_of(view) + " answered in time");
}

// The admin queue is closed for good after one of them, so that growth does not matter.
Finding judge_completions(const HealthView& view) {
  if (auto nothing = without_devices(view)) {
    return *nothing;
  }
  Devices without_answer;
  std::size_t known = 0;
  for (const DeviceReading& device : view.now->devices) {
    const auto count = value_of(device, "no_completion_cmds");
    known += count ? 1U : 0U;
    if (count.value_or(0) > 0) {
      without_answer.push_back(&device);
    }
  }
  if (without_answer.empty()) {
    return nothing_found(view, known, "no admin command went without an answer");
  }
  return fail(joined(without_answer) +
                  " left admin commands without an answer since its driver was loaded "
                  "(no_completion_cmds)",
              reload_command(view, without_answer));
}

constexpr std::chrono::seconds short_watch{10};
constexpr std::chrono::seconds long_watch{60};

// How often they come is not documented: one device is told by the others, all of them by a minute.
Finding judge_keep_alives(const HealthView& view) {
  if (auto nothing = without_devices(view)) {
    return *nothing;
  }
  if (!view.before || view.between < short_watch) {
    return unknown("whether keep-alives come takes two readings, ten seconds or more apart",
                   "efa-agent doctor --watch=60");
  }
  const auto grown = [&](const DeviceReading& device) {
    return growth_of(view, device, "keep_alive_rcvd");
  };
  const Devices alive =
      devices_that(view, [&](const auto& device) { return grown(device).value_or(0) > 0; });
  const Devices silent = devices_that(
      view, [&](const auto& device) { return grown(device) == std::optional<std::uint64_t>(0); });
  if (silent.empty()) {
    return nothing_found(view, alive.size(), "keep-alives came " + period_of(view));
  }
  if (alive.empty() && view.between < long_watch) {
    return unknown("no keep-alive came " + period_of(view) + ", which may be too short a time",
                   "efa-agent doctor --watch=60");
  }
  return warn(
      joined(silent) + " sent no keep-alive " + period_of(view) +
          (alive.empty() ? "" : ", " + counted(alive.size(), "EFA") + " did"),
      "sudo dmesg | grep -i efa; if EFA-701 or EFA-703 fail, too: " + reload_command(view, silent));
}

std::string reading_fix(Reason reason) {
  switch (reason) {
    case Reason::denied:
      return "sudo efa-agent doctor";
    case Reason::no_descriptors:
      return "ulimit -n 4096; as a service: LimitNOFILE=4096 in the unit";
    case Reason::unsupported:
    case Reason::malformed:
      return "update the EFA driver with its installer: sudo ./efa_installer.sh -y";
    default:
      break;
  }
  return "sudo dmesg | grep -i 'efa.*fail' tells which command the device refused";
}

Finding judge_reading(const HealthView& view) {
  if (auto nothing = without_devices(view)) {
    return *nothing;
  }
  const Devices unread = devices_that(view, [](const DeviceReading& device) {
    return device.problem && device.problem->reason != Reason::absent && !is_closed(device) &&
           !is_stuck(device);
  });
  if (!unread.empty()) {
    const Problem& problem = *unread.front()->problem;
    std::string found = "not all counters of " + joined(unread) + " could be read: ";
    found.append(to_string(problem.reason));
    if (!problem.where.empty()) {
      found.append(", ").append(problem.where);
    }
    return warn(std::move(found), reading_fix(problem.reason));
  }
  const Devices others = devices_that(
      view, [](const DeviceReading& device) { return device.state != DeviceState::up; });
  if (!others.empty()) {
    return unknown(joined(others) + " could not be read", "see EFA-701 and EFA-702");
  }
  return pass("the counters of " + all_of(view) + " were read");
}

constexpr std::string_view fatal_lines[] = {
    "Admin queue is closed", "The device didn't send any completion for admin cmd",
    "The device sent a completion but the driver didn't receive any MSI-X interrupt",
    "Reset indication didn't turn"};
constexpr std::string_view bad_lines[] = {"Failed to process command", "Failed to submit command",
                                          "Failed to get stats"};

std::vector<std::string> lines_with(const std::vector<std::string>& lines,
                                    std::span<const std::string_view> fragments) {
  std::vector<std::string> matching;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(matching), [&](const auto& line) {
    return std::any_of(fragments.begin(), fragments.end(), [&](std::string_view fragment) {
      return line.find(fragment) != std::string::npos;
    });
  });
  return matching;
}

std::string counted_lines(const std::vector<std::string>& lines) {
  return counted(lines.size(), "line") + " of the kernel log, the last: " + lines.back();
}

// The log reaches back to before a reload: the devices tell whether what it says is over.
bool is_over(const HealthView& view) {
  return view.now && !view.now->devices.empty() &&
         std::all_of(view.now->devices.begin(), view.now->devices.end(), [](const auto& device) {
           return device.state == DeviceState::up && !is_closed(device) &&
                  value_of(device, "no_completion_cmds") == std::optional<std::uint64_t>(0);
         });
}

Finding judge_log(const HealthView& view) {
  if (!view.kernel_log) {
    return unknown("the kernel log cannot be read",
                   "sudo efa-agent doctor; sudo dmesg | grep -i efa");
  }
  const auto fatal = lines_with(*view.kernel_log, fatal_lines);
  if (!fatal.empty() && !is_over(view)) {
    const bool has_devices = view.now && !view.now->devices.empty();
    Devices silent;
    if (has_devices) {
      silent = devices_that(view, [&](const DeviceReading& device) {
        const std::string& address = device.layout->attributes.pci_address;
        return !address.empty() && fatal.back().find(address) != std::string::npos;
      });
    }
    return fail(counted_lines(fatal), silent.empty()
                                          ? "stop and start the instance, if EFA-701 or EFA-703 "
                                            "fail: reloading the driver is told there"
                                          : reload_command(view, silent));
  }
  if (!fatal.empty()) {
    return warn(counted_lines(fatal) + "; now all EFAs answer",
                "sudo dmesg -T | grep -i efa tells when; if it happens again, stop and start the "
                "instance");
  }
  const auto bad = lines_with(*view.kernel_log, bad_lines);
  if (!bad.empty()) {
    return warn(counted_lines(bad),
                "sudo dmesg -T | grep -i efa tells when and what, EFA-711 and "
                "EFA-712 whether it goes on");
  }
  return pass("no error of the driver efa in the kernel log");
}

constexpr Check checks[] = {
    {"EFA-701", "the admin queue of every EFA is open",
     "After one command without an answer the driver closes the admin queue for good: no queue "
     "pair "
     "and no memory region can be made on that EFA any more.",
     Verdict::fail, Published::yes, judge_queues},
    {"EFA-702", "every EFA answers in time",
     "A device that keeps the driver waiting keeps jobs waiting, too, which set up queue pairs and "
     "memory the same way.",
     Verdict::fail, Published::yes, judge_stuck},
    {"EFA-703", "no admin command went without an answer",
     "It is the surest sign of a broken device, and what runs on it goes on only until it needs "
     "the "
     "next queue pair or memory region.",
     Verdict::fail, Published::yes, judge_completions},
    {"EFA-704", "every EFA sends keep-alives",
     "The driver does not act when they stop, so nobody else tells that the device has died.",
     Verdict::warn, Published::by_growth, judge_keep_alives},
    {"EFA-705", "the counters of every EFA can be read",
     "What cannot be read is judged by none of these checks, and is a gap on every graph.",
     Verdict::warn, Published::yes, judge_reading},
    {"EFA-706", "no EFA drops packets it received",
     "Each dropped packet is sent again, and senders slow down for receivers that do not keep up.",
     Verdict::fail, Published::by_growth, judge_drops},
    {"EFA-707", "no RDMA request fails",
     "A failed request ends the job or makes it hang, and the host that counts it is seldom the "
     "one "
     "that caused it.",
     Verdict::fail, Published::by_growth, judge_failed_requests},
    {"EFA-708", "no time-out changes the network path",
     "Each is milliseconds in which a connection stands still, and all ranks of a collective "
     "operation wait.",
     Verdict::fail, Published::by_growth, judge_path_changes},
    {"EFA-709", "all peers respond",
     "Peers that do not respond have died, or a security group keeps their packets out.",
     Verdict::fail, Published::by_growth, judge_unresponsive_peers},
    {"EFA-710", "no connection is impaired",
     "The device slows an impaired connection down, and the slowest connection sets the speed of a "
     "collective operation.",
     Verdict::fail, Published::by_growth, judge_impaired_connections},
    {"EFA-711", "no admin command fails",
     "Commands that fail again and again are a device at its limits, or a program that asks for "
     "what it does not have.",
     Verdict::warn, Published::by_growth, judge_failed_commands},
    {"EFA-712", "queue pairs and memory regions can be made",
     "Jobs that cannot make them end at their start or use TCP.", Verdict::warn,
     Published::by_growth, judge_failed_verbs},
    {"EFA-713", "few packets are sent twice",
     "What is sent again takes bandwidth from what is not, and tells of congestion or of a bad "
     "link.",
     Verdict::fail, Published::by_growth, judge_retransmission},
    {"EFA-714", "the kernel log has no errors of the driver",
     "The driver tells there, and only there, which command a device refused or left unanswered.",
     Verdict::fail, Published::no, judge_log},
};

}  // namespace

std::span<const Check> counter_checks() { return checks; }

}  // namespace efa
