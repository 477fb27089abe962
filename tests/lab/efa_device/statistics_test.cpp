#include "tests/lab/efa_device/statistics.h"

#include <array>
#include <chrono>
#include <limits>
#include <set>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace efa::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto largest = std::numeric_limits<std::uint64_t>::max();

TEST_CASE("each counter has a name of its own, and is found by it") {
  std::set<std::string> names;
  for (std::size_t i = 0; i < counter_count; ++i) {
    const auto counter = static_cast<Counter>(i);
    names.emplace(name_of(counter));
    CHECK(counter_named(name_of(counter)) == counter);
  }
  CHECK(names.size() == counter_count);
  CHECK(name_of(Counter::tx_bytes) == "tx_bytes");
  CHECK(name_of(Counter::impaired_remote_conn_events) == "impaired_remote_conn_events");
  CHECK_FALSE(counter_named("tx_byte"));
  CHECK_FALSE(counter_named(""));
}

TEST_CASE("a counter is what was set and what was added, up to 2^64-1 and around") {
  const efa::test::ManualClock clock;
  Statistics statistics(clock);
  CHECK(statistics.value(Counter::rx_drops) == 0);
  statistics.add(Counter::rx_drops, 5);
  CHECK(statistics.value(Counter::rx_drops) == 5);
  statistics.set(Counter::rx_drops, largest);
  CHECK(statistics.value(Counter::rx_drops) == largest);
  statistics.add(Counter::rx_drops, 3);
  CHECK(statistics.value(Counter::rx_drops) == 2);
}

TEST_CASE("a rate lets a counter grow with time, beside what is added") {
  efa::test::ManualClock clock;
  Statistics statistics(clock);
  statistics.set(Counter::tx_bytes, 100);
  statistics.grow(Counter::tx_bytes, 1000);
  clock.advance(milliseconds(1500));
  CHECK(statistics.value(Counter::tx_bytes) == 1600);
  statistics.add(Counter::tx_bytes, 7);
  CHECK(statistics.value(Counter::tx_bytes) == 1607);
  statistics.grow(Counter::tx_bytes, 1);
  clock.advance(seconds(3));
  CHECK(statistics.value(Counter::tx_bytes) == 1610);
  statistics.grow(Counter::tx_bytes, 0);
  clock.advance(seconds(3));
  CHECK(statistics.value(Counter::tx_bytes) == 1610);
}

TEST_CASE("a counter that is set keeps its rate from then on") {
  efa::test::ManualClock clock;
  Statistics statistics(clock);
  statistics.grow(Counter::tx_pkts, 10);
  clock.advance(seconds(1));
  statistics.set(Counter::tx_pkts, 5);
  CHECK(statistics.value(Counter::tx_pkts) == 5);
  clock.advance(seconds(1));
  CHECK(statistics.value(Counter::tx_pkts) == 15);
}

TEST_CASE("a rate of any size wraps like the rest") {
  efa::test::ManualClock clock;
  Statistics statistics(clock);
  statistics.set(Counter::tx_pkts, largest);
  statistics.grow(Counter::tx_pkts, 0x1p64);
  clock.advance(seconds(1));
  CHECK(statistics.value(Counter::tx_pkts) == largest);
  statistics.grow(Counter::tx_pkts, 2);
  clock.advance(seconds(1));
  CHECK(statistics.value(Counter::tx_pkts) == 1);
  statistics.grow(Counter::tx_pkts, std::numeric_limits<double>::infinity());
  clock.advance(seconds(1));
  CHECK(statistics.value(Counter::tx_pkts) == 1);
}

TEST_CASE("an answer holds the counters of its type in their order, and no others") {
  const efa::test::ManualClock clock;
  Statistics statistics(clock);
  for (std::size_t i = 0; i < counter_count; ++i) {
    statistics.set(static_cast<Counter>(i), largest - i);
  }
  constexpr std::array<std::size_t, 5> sizes = {5, 4, 4, 4, 5};
  std::size_t counter = 0;
  for (std::uint8_t type = 0; type < sizes.size(); ++type) {
    std::array<std::uint8_t, 56> response{};
    CHECK(statistics.answer(type, response) == AdminStatus::success);
    for (std::size_t i = 0; i < 7; ++i) {
      CHECK(load<std::uint64_t>(response, 8 * i) == (i < sizes[type] ? largest - counter++ : 0));
    }
  }
  CHECK(counter == counter_count);
  std::array<std::uint8_t, 56> response{};
  CHECK(statistics.answer(5, response) == AdminStatus::unsupported_opcode);
  CHECK(statistics.answer(255, response) == AdminStatus::unsupported_opcode);
}

}  // namespace
}  // namespace efa::lab
