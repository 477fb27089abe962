#include "tests/lab/efa_device/control.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

namespace efa::lab {
namespace {

/// What an action says, in whole lines, or its mistake.
struct Said {
  std::string lines;
  std::string mistake;
};

template <class Change>
void change_counters(const std::optional<Counter>& which, Change change) {
  for (std::size_t i = 0; i < counter_count; ++i) {
    const auto counter = static_cast<Counter>(i);
    if (!which || *which == counter) {
      change(counter);
    }
  }
}

/// Does an action to a device.
class Doing {
 public:
  explicit Doing(Device& device) : device_(device) {}

  Said operator()(const SetCounter& action) {
    change_counters(action.counter,
                    [&](Counter counter) { device_.statistics().set(counter, action.value); });
    return {};
  }
  Said operator()(const AddToCounter& action) {
    change_counters(action.counter,
                    [&](Counter counter) { device_.statistics().add(counter, action.amount); });
    return {};
  }
  Said operator()(const GrowCounter& action) {
    change_counters(action.counter, [&](Counter counter) {
      device_.statistics().grow(counter, action.per_second);
    });
    return {};
  }
  Said operator()(const ShowCounters& /*action*/) {
    Said said;
    change_counters(std::nullopt, [&](Counter counter) {
      said.lines += std::string(name_of(counter)) + " " +
                    std::to_string(device_.statistics().value(counter)) + "\n";
    });
    return said;
  }
  Said operator()(const StallCommands& action) {
    device_.admin_faults().stall(action.count);
    return {};
  }
  Said operator()(const DelayAnswers& action) {
    device_.admin_faults().delay(action.by);
    return {};
  }
  Said operator()(const KeepAlive& action) {
    device_.events().keep_alive_every(action.period);
    return {};
  }
  Said operator()(const FailCommands& action) {
    device_.admin_faults().fail(action.op, action.status, action.count);
    return {};
  }
  Said operator()(const Heal& /*action*/) {
    device_.heal();
    return {};
  }
  Said operator()(const SendEvent& action) {
    if (!device_.events().send(action.group, action.syndrome)) {
      return {{}, "the driver has not enabled this group, or its ring is full"};
    }
    return {};
  }
  Said operator()(const ShowCommands& /*action*/) {
    Said said;
    for (unsigned op = 0; op < 256; ++op) {
      const std::uint64_t count = device_.admin_queue().taken(static_cast<std::uint8_t>(op));
      if (count > 0) {
        said.lines += "op " + std::to_string(op) + " " + std::to_string(count) + "\n";
      }
    }
    return said;
  }
  Said operator()(const ShowQueuePairs& /*action*/) { return {device_.data_path().describe(), {}}; }
  Said operator()(const LosePackets& action) {
    device_.network_faults().loss = action.fraction;
    return {};
  }
  Said operator()(const CutOff& action) {
    device_.network_faults().cut = action.off;
    return {};
  }

 private:
  Device& device_;
};

std::string with_prefix(std::string_view lines, const std::string& prefix) {
  std::string result;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size() - 1) + 1;
    result += prefix + std::string(lines.substr(0, end));
    lines.remove_prefix(end);
  }
  return result;
}

}  // namespace

Control::Control(Fabric& fabric, std::vector<Target> targets)
    : fabric_(fabric), targets_(std::move(targets)) {}

std::string Control::answer(std::string_view line) {
  const auto parsed = parse_control_line(line);
  if (const auto* const mistake = std::get_if<ControlMistake>(&parsed)) {
    return "error: " + mistake->text + "\n";
  }
  if (const auto* const command = std::get_if<ControlCommand>(&parsed)) {
    return execute(*command);
  }
  return control_help() + "ok\n";
}

/// Asked of all, each line of an answer begins with its device, and a mistake of one is one of all.
std::string Control::execute(const ControlCommand& command) {
  const bool all = command.device == "all";
  bool found = false;
  std::string lines;
  std::string mistake;
  const std::lock_guard lock(fabric_.mutex());
  for (const Target& target : targets_) {
    const std::string& name = target.device->name();
    if (!all && command.device != name) {
      continue;
    }
    found = true;
    const Said said = std::visit(Doing(*target.device), command.action);
    lines += with_prefix(said.lines, all ? name + " " : "");
    mistake = mistake.empty() ? said.mistake : mistake;
    target.look_again();
  }
  if (!found) {
    return "error: found '" + command.device + "', expected all or efa0 to efa" +
           std::to_string(targets_.size() - 1) + "\n";
  }
  return lines + (mistake.empty() ? "ok" : "error: " + mistake) + "\n";
}

}  // namespace efa::lab
