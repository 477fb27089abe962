#include "tests/lab/efa_device/control_command.h"

#include <chrono>
#include <limits>

#include "tests/support/catch.h"

namespace efa::lab {
namespace {

using std::chrono::microseconds;

template <class Action>
Action action_of(std::string_view line) {
  const auto parsed = parse_control_line(line);
  INFO(line);
  REQUIRE(std::holds_alternative<ControlCommand>(parsed));
  const auto& action = std::get<ControlCommand>(parsed).action;
  REQUIRE(std::holds_alternative<Action>(action));
  return std::get<Action>(action);
}

std::string mistake_of(std::string_view line) {
  const auto parsed = parse_control_line(line);
  INFO(line);
  REQUIRE(std::holds_alternative<ControlMistake>(parsed));
  return std::get<ControlMistake>(parsed).text;
}

TEST_CASE("counters are set, added to and made to grow") {
  const auto set = action_of<SetCounter>("efa0 set tx_bytes 18446744073709551615");
  CHECK(set.counter == Counter::tx_bytes);
  CHECK(set.value == std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(action_of<SetCounter>("efa0 set all 1").counter);
  CHECK(action_of<AddToCounter>("efa0 add rx_drops 3").amount == 3);
  CHECK(action_of<GrowCounter>("efa0 rate all 2.5").per_second == 2.5);
  CHECK(action_of<GrowCounter>("efa0 rate all 1e9").per_second == 1e9);
}

TEST_CASE("whom it is for stands first, white space does not matter") {
  const auto parsed = parse_control_line(" all \t get \r");
  REQUIRE(std::holds_alternative<ControlCommand>(parsed));
  CHECK(std::get<ControlCommand>(parsed).device == "all");
  CHECK(std::holds_alternative<ShowCounters>(std::get<ControlCommand>(parsed).action));
}

TEST_CASE("times are milliseconds with decimals, to the microsecond") {
  CHECK(action_of<DelayAnswers>("efa0 delay 300").by == microseconds(300'000));
  CHECK(action_of<DelayAnswers>("efa0 delay 0.5").by == microseconds(500));
  CHECK(action_of<DelayAnswers>("efa0 delay 0.0014").by == microseconds(1));
  CHECK(action_of<KeepAlive>("efa0 keepalive 0").period == microseconds(0));
}

TEST_CASE("faults are told with or without how often") {
  CHECK(action_of<StallCommands>("efa0 stall").count == -1);
  CHECK(action_of<StallCommands>("efa0 stall -1").count == -1);
  CHECK(action_of<StallCommands>("efa0 stall 3").count == 3);
  const auto fail = action_of<FailCommands>("efa0 fail 13 6");
  CHECK(fail.op == 13);
  CHECK(fail.status == AdminStatus::unknown_error);
  CHECK(fail.count == -1);
  CHECK(action_of<FailCommands>("efa0 fail 13 6 2").count == 2);
  CHECK(action_of<LosePackets>("efa0 loss 12.5").fraction == 0.125);
  CHECK(action_of<CutOff>("efa0 cut 1").off);
  CHECK_FALSE(action_of<CutOff>("efa0 cut 0").off);
  CHECK(action_of<SendEvent>("efa0 event 1 3").syndrome == 3);
  CHECK(action_of<SendEvent>("efa0 event 1").group == 1);
  action_of<Heal>("efa0 heal");
  action_of<ShowCommands>("efa0 commands");
  action_of<ShowQueuePairs>("efa0 qps");
}

TEST_CASE("help is given with a device or without") {
  CHECK(std::holds_alternative<ControlHelp>(parse_control_line("help")));
  CHECK(std::holds_alternative<ControlHelp>(parse_control_line("efa0 help")));
  CHECK(control_help().find("fail OP STATUS [N]") != std::string::npos);
}

TEST_CASE("a mistake says what was found and what was expected") {
  CHECK(mistake_of("") == "found nothing, expected efaN|all VERB ... or help");
  CHECK(mistake_of("efa0 dance") ==
        "found 'dance', expected one of set, add, rate, get, stall, delay, keepalive, fail, heal, "
        "event, commands, qps, loss, cut, help");
  CHECK(mistake_of("efa0 set tx_byte 5") ==
        "found 'tx_byte', expected the name of a counter or 'all'; set COUNTER|all N");
  CHECK(mistake_of("efa0 set tx_bytes") ==
        "found no more words, expected its value, a whole number from 0 to 18446744073709551615; "
        "set COUNTER|all N");
  CHECK(mistake_of("efa0 cut 2") ==
        "found '2', expected whether it is cut off, a whole number from 0 to 1; cut 0|1");
  CHECK(mistake_of("efa0 heal now") == "found 'now', expected nothing more; heal");
  CHECK(mistake_of("efa0 loss 101") ==
        "found '101', expected percent, from 0 to 100; loss PERCENT");
}

TEST_CASE("numbers that do not fit are mistakes") {
  for (const char* line : {"efa0 set tx_bytes 18446744073709551616",
                           "efa0 set tx_bytes -1",
                           "efa0 set tx_bytes 1x",
                           "efa0 set tx_bytes 0x10",
                           "efa0 rate tx_bytes -1",
                           "efa0 rate tx_bytes nan",
                           "efa0 rate tx_bytes inf",
                           "efa0 delay -1",
                           "efa0 delay 1e300",
                           "efa0 delay ms",
                           "efa0 stall -2",
                           "efa0 fail 256 1",
                           "efa0 fail 13 8",
                           "efa0 fail 13",
                           "efa0 fail 13 1 x",
                           "efa0 event 65536",
                           "efa0 event",
                           "efa0 cut",
                           "efa0 cut yes",
                           "efa0 loss -1",
                           "efa0"}) {
    CHECK_FALSE(mistake_of(line).empty());
  }
}

}  // namespace
}  // namespace efa::lab
