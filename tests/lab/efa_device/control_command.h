#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tests/lab/efa_device/admin.h"
#include "tests/lab/efa_device/statistics.h"

namespace efa::lab {

// What control can be asked to do with a device. No counter means all of them.
struct SetCounter {
  std::optional<Counter> counter;
  std::uint64_t value;
};
struct AddToCounter {
  std::optional<Counter> counter;
  std::uint64_t amount;
};
struct GrowCounter {
  std::optional<Counter> counter;
  double per_second;
};
struct ShowCounters {};
struct StallCommands {
  long count;
};
struct DelayAnswers {
  std::chrono::microseconds by;
};
struct KeepAlive {
  std::chrono::microseconds period;
};
struct FailCommands {
  std::uint8_t op;
  AdminStatus status;
  long count;
};
struct Heal {};
struct SendEvent {
  std::uint16_t group;
  std::uint16_t syndrome;
};
struct ShowCommands {};
struct ShowQueuePairs {};
struct LosePackets {
  double fraction;
};
struct CutOff {
  bool off;
};

using ControlAction = std::variant<SetCounter, AddToCounter, GrowCounter, ShowCounters,
                                   StallCommands, DelayAnswers, KeepAlive, FailCommands, Heal,
                                   SendEvent, ShowCommands, ShowQueuePairs, LosePackets, CutOff>;

struct ControlCommand {
  std::string device;  // "all" for each of them
  ControlAction action;
};
struct ControlHelp {};
/// What was found and what was expected instead.
struct ControlMistake {
  std::string text;
};

/// One line of the protocol, without its end.
[[nodiscard]] std::variant<ControlCommand, ControlHelp, ControlMistake> parse_control_line(
    std::string_view line);

/// What can be said, a line each.
[[nodiscard]] std::string control_help();

}  // namespace efa::lab
