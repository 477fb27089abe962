#include "tests/lab/efa_device/control_command.h"

#include <algorithm>
#include <array>

#include "tests/lab/efa_device/control_words.h"
#include "tests/lab/efa_device/faults.h"

namespace efa::lab {
namespace {

struct Verb {
  std::string_view name;
  std::string_view arguments;
  std::string_view help;
  ControlAction (*parse)(ControlWords& words);
};

ControlAction parse_set(ControlWords& words) {
  const auto counter = words.counter();
  return SetCounter{counter, words.number<std::uint64_t>("its value")};
}

ControlAction parse_add(ControlWords& words) {
  const auto counter = words.counter();
  return AddToCounter{counter, words.number<std::uint64_t>("what to add")};
}

ControlAction parse_rate(ControlWords& words) {
  const auto counter = words.counter();
  return GrowCounter{counter, words.decimal("how much it grows in a second, from 0")};
}

ControlAction parse_stall(ControlWords& words) {
  return StallCommands{words.number_or<long>(AdminFaults::always, "how many commands, -1 for all",
                                             AdminFaults::always)};
}

ControlAction parse_fail(ControlWords& words) {
  const auto op = words.number<std::uint8_t>("the number of a command, 0 for any");
  const auto status = words.number<std::uint8_t>("a status", 0, 7);
  return FailCommands{op, static_cast<AdminStatus>(status),
                      words.number_or<long>(AdminFaults::always, "how many times, -1 for always",
                                            AdminFaults::always)};
}

ControlAction parse_event(ControlWords& words) {
  const auto group = words.number<std::uint16_t>("a group of events");
  return SendEvent{group, words.number_or<std::uint16_t>(0, "a syndrome")};
}

ControlAction parse_loss(ControlWords& words) {
  return LosePackets{words.decimal("percent, from 0 to 100", 100) / 100};
}

ControlAction parse_cut(ControlWords& words) {
  return CutOff{words.number<std::uint8_t>("whether it is cut off", 0, 1) != 0};
}

constexpr std::array verbs = {
    Verb{"set", "COUNTER|all N", "sets a counter", parse_set},
    Verb{"add", "COUNTER|all N", "adds to a counter", parse_add},
    Verb{"rate", "COUNTER|all N", "lets a counter grow by that in a second", parse_rate},
    Verb{"get", "", "shows the counters",
         [](ControlWords&) -> ControlAction { return ShowCounters{}; }},
    Verb{"stall", "[N]", "swallows the next N admin commands, or all; 0 ends that", parse_stall},
    Verb{"delay", "MS", "answers admin commands later",
         [](ControlWords& words) -> ControlAction { return DelayAnswers{words.milliseconds()}; }},
    Verb{"keepalive", "MS", "how often the device says it lives; 0: never",
         [](ControlWords& words) -> ControlAction { return KeepAlive{words.milliseconds()}; }},
    Verb{"fail", "OP STATUS [N]", "fails the next N commands of a number, or all", parse_fail},
    Verb{"heal", "", "ends everything that goes wrong",
         [](ControlWords&) -> ControlAction { return Heal{}; }},
    Verb{"event", "GROUP [SYN]", "sends an asynchronous event", parse_event},
    Verb{"commands", "", "shows how many admin commands there were of each number",
         [](ControlWords&) -> ControlAction { return ShowCommands{}; }},
    Verb{"qps", "", "shows the queue pairs",
         [](ControlWords&) -> ControlAction { return ShowQueuePairs{}; }},
    Verb{"loss", "PERCENT", "loses packets that are sent", parse_loss},
    Verb{"cut", "0|1", "lets nothing in or out", parse_cut},
};

std::string usage_of(const Verb& verb) {
  return std::string(verb.name) + (verb.arguments.empty() ? "" : " ") + std::string(verb.arguments);
}

std::string names_of_verbs() {
  std::string names;
  for (const Verb& verb : verbs) {
    names += std::string(verb.name) + ", ";
  }
  return names + "help";
}

}  // namespace

std::variant<ControlCommand, ControlHelp, ControlMistake> parse_control_line(
    std::string_view line) {
  ControlWords words(line);
  const std::string_view device = words.word();
  if (device == "help") {
    return ControlHelp{};
  }
  if (device.empty()) {
    return ControlMistake{"found nothing, expected efaN|all VERB ... or help"};
  }
  const std::string_view name = words.word();
  if (name == "help") {
    return ControlHelp{};
  }
  const auto* const verb = std::find_if(verbs.begin(), verbs.end(),
                                        [name](const Verb& one) { return one.name == name; });
  if (verb == verbs.end()) {
    return ControlMistake{"found '" + std::string(name) + "', expected one of " + names_of_verbs()};
  }
  ControlAction action = verb->parse(words);
  const std::string mistake = words.mistake();
  if (!mistake.empty()) {
    return ControlMistake{mistake + "; " + usage_of(*verb)};
  }
  return ControlCommand{std::string(device), action};
}

std::string control_help() {
  std::string help = "efaN|all, then one of\n";
  for (const Verb& verb : verbs) {
    help += "  " + usage_of(verb) + ": " + std::string(verb.help) + "\n";
  }
  return help;
}

}  // namespace efa::lab
