#include <string>
#include <vector>

#include "collectors/engine/reading_engine.h"
#include "tests/engine/fake_host.h"
#include "tests/engine/readings.h"

namespace efa::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds deadline{400};

struct EngineOnFakes {
  std::shared_ptr<FakeHost> host = std::make_shared<FakeHost>();
  ReadingEngine engine;

  explicit EngineOnFakes(const EngineLimits& limits = {.deadline = deadline, .threads = 2})
      : engine(std::make_unique<FakeScanner>(host), limits) {}
};

TEST_CASE("a device that does not answer costs no other, for ever, and no thread more each time") {
  EngineOnFakes on;
  const auto before = on.host->add("01");
  const auto wedged = on.host->add("02");
  const auto after = on.host->add("03");
  wedged->gate.close();
  constexpr std::size_t most_threads = 2 + 3 + 1;

  for (std::uint64_t scrape = 1; scrape <= 100; ++scrape) {
    before->set_value(scrape);
    after->set_value(scrape);
    const auto reading = on.engine.read();
    REQUIRE(state_in(*reading, "02") == DeviceState::stuck);
    REQUIRE_FALSE(has_values(device_in(*reading, "02")));
    REQUIRE(device_in(*reading, "02").problem);
    REQUIRE(device_in(*reading, "02").problem->reason == Reason::stuck);
    REQUIRE(state_in(*reading, "01") == DeviceState::up);
    REQUIRE(device_in(*reading, "01").values[0] == scrape);
    REQUIRE(device_in(*reading, "03").values[0] == scrape);
    REQUIRE(on.engine.thread_count() <= most_threads);
  }

  CHECK(wedged->readings() == 1);
  CHECK(errors_in(*on.engine.read(), "02", Reason::stuck) == 1);
  wedged->gate.open();
}

TEST_CASE("a device that is stuck again and again needs no thread more each time") {
  EngineOnFakes on({.deadline = milliseconds(150), .threads = 1});
  const auto wedged = on.host->add("01");
  const auto is_up = [](const Reading& reading) {
    return state_in(reading, "01") == DeviceState::up;
  };
  for (std::uint64_t round = 1; round <= 10; ++round) {
    wedged->gate.close();
    const auto reading = on.engine.read();
    REQUIRE(state_in(*reading, "01") == DeviceState::stuck);
    REQUIRE(errors_in(*reading, "01", Reason::stuck) == round);
    REQUIRE(on.engine.thread_count() <= 1 + 1 + 1);
    wedged->gate.open();
    REQUIRE(is_up(*read_until(on.engine, is_up)));
  }
}

TEST_CASE("a device is asked again once its reading has returned, and not before") {
  EngineOnFakes on;
  const auto device = on.host->add("01");
  device->set_value(1);
  device->gate.close();
  (void)on.engine.read();
  (void)on.engine.read();
  CHECK(device->readings() == 1);

  device->set_value(2);
  device->gate.open();
  const auto reading = read_until(
      on.engine, [](const Reading& one) { return state_in(one, "01") == DeviceState::up; });

  CHECK(device_in(*reading, "01").values[0] == 2);
  CHECK(device->readings() == 2);
  CHECK_FALSE(device_in(*reading, "01").problem);
  CHECK_FALSE(device->was_read_twice_at_once());
}

TEST_CASE("what a reading that came too late could not read is counted, its values are not used") {
  EngineOnFakes on;
  const auto device = on.host->add("01");
  device->fail(Reason::timeout, 1);
  device->gate.close();
  const auto late = on.engine.read();
  CHECK(errors_in(*late, "01", Reason::timeout) == 0);

  device->gate.open();
  const auto reading = read_until(
      on.engine, [](const Reading& one) { return state_in(one, "01") == DeviceState::up; });

  // One from the late reading, one from this.
  CHECK(errors_in(*reading, "01", Reason::timeout) == 2);
  CHECK(errors_in(*reading, "01", Reason::stuck) == 1);
  CHECK_FALSE(has_values(device_in(*late, "01")));
  CHECK(errors_in(*late, "01", Reason::timeout) == 0);
}

TEST_CASE("of 32 devices 31 do not answer, and the last one is read") {
  EngineOnFakes on({.deadline = milliseconds(1500), .threads = 2});
  std::vector<std::shared_ptr<FakeDevice>> wedged;
  for (unsigned i = 0; i < 31; ++i) {
    wedged.push_back(on.host->add(std::to_string(100 + i)));
    wedged.back()->gate.close();
  }
  const auto last = on.host->add("200");

  for (std::uint64_t scrape = 1; scrape <= 10; ++scrape) {
    last->set_value(scrape);
    const auto reading = on.engine.read();
    REQUIRE(count_in(*reading, DeviceState::stuck) == 31);
    REQUIRE(device_in(*reading, "200").values[0] == scrape);
    REQUIRE(on.engine.thread_count() <= 2 + 32 + 1);
  }

  for (const auto& device : wedged) {
    device->gate.open();
  }
  const auto reading = read_until(
      on.engine, [](const Reading& one) { return count_in(one, DeviceState::up) == 32; });
  CHECK(count_in(*reading, DeviceState::up) == 32);
}

TEST_CASE("threads that come back when the stuck devices answer do not all stay") {
  EngineOnFakes on({.deadline = milliseconds(600), .threads = 2});
  std::vector<std::shared_ptr<FakeDevice>> wedged;
  for (unsigned i = 0; i < 8; ++i) {
    wedged.push_back(on.host->add(std::to_string(i)));
    wedged.back()->gate.close();
  }
  (void)on.engine.read();
  for (const auto& device : wedged) {
    device->gate.open();
  }
  (void)read_until(on.engine, [&](const Reading& reading) {
    return count_in(reading, DeviceState::up) == 8 && on.engine.thread_count() <= 2;
  });
  CHECK(on.engine.thread_count() <= 2);
}

TEST_CASE("a device that goes while its reading is stuck is gone from the next scrape") {
  EngineOnFakes on;
  (void)on.host->add("01");
  const auto wedged = on.host->add("02");
  wedged->gate.close();
  CHECK(state_in(*on.engine.read(), "02") == DeviceState::stuck);

  on.host->remove("02");
  const auto reading = on.engine.read();
  REQUIRE(reading->devices.size() == 1);
  CHECK(state_in(*reading, "01") == DeviceState::up);

  wedged->gate.open();
  CHECK(wedged->wait_until_dropped());
}

TEST_CASE("a device that goes while another one is stuck is not kept for its sake") {
  EngineOnFakes on;
  const auto leaving = on.host->add("01");
  const auto wedged = on.host->add("02");
  wedged->gate.close();
  (void)on.engine.read();

  on.host->remove("01");
  (void)on.engine.read();
  CHECK(leaving->wait_until_dropped());
  wedged->gate.open();
}

TEST_CASE("a re-created device is read by its new reader while the old one is stuck") {
  EngineOnFakes on;
  const auto old = on.host->add("01");
  old->set_value(1000);
  old->gate.close();
  (void)on.engine.read();

  const auto fresh = on.host->recreate("01");
  fresh->set_value(1);
  const auto reading = on.engine.read();
  REQUIRE(reading->devices.size() == 1);
  CHECK(state_in(*reading, "01") == DeviceState::up);
  CHECK(device_in(*reading, "01").values[0] == 1);
  CHECK(errors_in(*reading, "01", Reason::stuck) == 1);

  // What the old one brings does not come into anybody's hands.
  old->gate.open();
  CHECK(old->wait_until_dropped());
  fresh->set_value(2);
  CHECK(device_in(*on.engine.read(), "01").values[0] == 2);
}

TEST_CASE("a scan that hangs costs one scrape, then the devices that were there are read") {
  EngineOnFakes on;
  const auto device = on.host->add("01");
  (void)on.engine.read();
  on.host->gate.close();

  const auto first = on.engine.read();
  REQUIRE(first->scan_problem);
  CHECK(first->scan_problem->reason == Reason::stuck);
  CHECK(state_in(*first, "01") == DeviceState::stuck);

  for (std::uint64_t scrape = 1; scrape <= 10; ++scrape) {
    device->set_value(scrape);
    const auto reading = on.engine.read();
    REQUIRE(reading->scan_problem);
    REQUIRE(reading->scan_problem->reason == Reason::stuck);
    REQUIRE(device_in(*reading, "01").values[0] == scrape);
    REQUIRE(on.engine.thread_count() <= 2 + 1 + 1);
  }

  (void)on.host->add("02");
  on.host->gate.open();
  const auto after = read_until(on.engine, [](const Reading& one) { return !one.scan_problem; });
  CHECK_FALSE(after->scan_problem);
  CHECK(count_in(*after, DeviceState::up) == 2);
}

TEST_CASE("a first scan that hangs gives a reading without devices that says why") {
  EngineOnFakes on({.deadline = milliseconds(50), .threads = 2});
  (void)on.host->add("01");
  on.host->gate.close();
  const auto reading = on.engine.read();
  CHECK(reading->devices.empty());
  REQUIRE(reading->scan_problem);
  CHECK(reading->scan_problem->reason == Reason::stuck);
  on.host->gate.open();
}

TEST_CASE("an engine can go while a reading is stuck, and the reading ends in peace") {
  std::shared_ptr<FakeDevice> wedged;
  std::shared_ptr<FakeDevice> healthy;
  {
    EngineOnFakes on;
    healthy = on.host->add("01");
    wedged = on.host->add("02");
    wedged->gate.close();
    (void)on.engine.read();
    on.host->remove("01");
    on.host->remove("02");
  }
  CHECK(healthy->wait_until_dropped());
  wedged->gate.open();
  CHECK(wedged->wait_until_dropped());
}

TEST_CASE("an engine can go while its scan is stuck") {
  auto host = std::make_shared<FakeHost>();
  const auto device = host->add("01");
  host->gate.close();
  {
    ReadingEngine engine(std::make_unique<FakeScanner>(host),
                         {.deadline = milliseconds(50), .threads = 2});
    (void)engine.read();
  }
  host->remove("01");
  host->gate.open();
  CHECK(device->wait_until_dropped());
}

}  // namespace
}  // namespace efa::test
