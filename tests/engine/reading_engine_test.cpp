#include "collectors/engine/reading_engine.h"

#include <cerrno>
#include <string>
#include <vector>

#include "tests/engine/fake_host.h"
#include "tests/engine/readings.h"

namespace efa::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Long enough for healthy devices on a busy machine, as short as the tests can bear to wait.
constexpr milliseconds deadline{400};

struct EngineOnFakes {
  std::shared_ptr<FakeHost> host = std::make_shared<FakeHost>();
  ReadingEngine engine;

  explicit EngineOnFakes(const EngineLimits& limits = {.deadline = deadline, .threads = 8})
      : engine(std::make_unique<FakeScanner>(host), limits) {}
};

TEST_CASE("a reading has every device, in the order of the scan, with the values of now") {
  EngineOnFakes on;
  const auto second = on.host->add("02");
  const auto first = on.host->add("01");
  first->set_value(18446744073709551615U);
  second->set_value(7);

  const auto reading = on.engine.read();

  REQUIRE(reading->devices.size() == 2);
  CHECK(reading->devices[0].layout->attributes.pci_address == "01");
  CHECK(reading->devices[0].values[0] == 18446744073709551615U);
  CHECK(reading->devices[1].values[0] == 7);
  CHECK(count_in(*reading, DeviceState::up) == 2);
  CHECK_FALSE(reading->scan_problem);
  CHECK(reading->read_errors.size() == 2);
}

TEST_CASE("nothing is read while nobody asks") {
  EngineOnFakes on;
  const auto device = on.host->add("01");
  CHECK(on.engine.thread_count() == 0);
  CHECK(device->readings() == 0);
  (void)on.engine.read();
  CHECK(device->readings() == 1);
}

TEST_CASE("a host without devices gives an empty reading") {
  EngineOnFakes on;
  const auto reading = on.engine.read();
  CHECK(reading->devices.empty());
  CHECK(reading->read_errors.empty());
  CHECK_FALSE(reading->scan_problem);
}

TEST_CASE("devices that come and go are in the next reading, and their errors are remembered") {
  EngineOnFakes on;
  (void)on.host->add("01");
  on.host->add("02")->fail(Reason::malformed, 3);
  (void)on.engine.read();
  on.host->remove("02");

  const auto without = on.engine.read();
  CHECK(without->devices.size() == 1);
  CHECK(without->read_errors.size() == 1);

  (void)on.host->add("02");
  const auto with = on.engine.read();
  CHECK(with->devices.size() == 2);
  CHECK(errors_in(*with, "02", Reason::malformed) == 3);
  CHECK(errors_in(*with, "01", Reason::malformed) == 0);
}

TEST_CASE("errors are counted per device and reason, each once") {
  EngineOnFakes on;
  const auto device = on.host->add("01");
  (void)on.host->add("02");
  device->fail(Reason::transient, 2);
  device->fail(Reason::closed, 1);

  CHECK(errors_in(*on.engine.read(), "01", Reason::transient) == 2);
  const auto reading = on.engine.read();

  CHECK(errors_in(*reading, "01", Reason::transient) == 4);
  CHECK(errors_in(*reading, "01", Reason::closed) == 2);
  CHECK(errors_in(*reading, "01", Reason::stuck) == 0);
  CHECK(errors_in(*reading, "02", Reason::transient) == 0);
}

TEST_CASE("a reader that throws costs its own device one reading") {
  EngineOnFakes on;
  const auto device = on.host->add("01");
  (void)on.host->add("02");
  device->throw_when_read(true);

  const auto failed = on.engine.read();
  CHECK(state_in(*failed, "01") == DeviceState::down);
  CHECK_FALSE(has_values(device_in(*failed, "01")));
  CHECK(errors_in(*failed, "01", Reason::transient) == 1);
  REQUIRE(device_in(*failed, "01").problem);
  CHECK(device_in(*failed, "01").problem->where == "a reader's mistake");
  CHECK(state_in(*failed, "02") == DeviceState::up);

  device->throw_when_read(false);
  CHECK(state_in(*on.engine.read(), "01") == DeviceState::up);
}

TEST_CASE("a scan that fails leaves the devices as they were, and says so") {
  EngineOnFakes on;
  const auto device = on.host->add("01");
  (void)on.engine.read();
  (void)on.host->add("02");
  on.host->fail_scans(EIO);
  device->set_value(5);

  const auto reading = on.engine.read();
  REQUIRE(reading->scan_problem);
  CHECK(reading->scan_problem->reason == Reason::transient);
  CHECK(reading->scan_problem->errno_value == EIO);
  CHECK(reading->scan_problem->where == "class/infiniband");
  REQUIRE(reading->devices.size() == 1);
  CHECK(reading->devices[0].values[0] == 5);

  on.host->fail_scans({});
  const auto after = on.engine.read();
  CHECK_FALSE(after->scan_problem);
  CHECK(after->devices.size() == 2);
}

TEST_CASE("a scanner that throws is a scan that failed") {
  EngineOnFakes on;
  (void)on.host->add("01");
  (void)on.engine.read();
  on.host->throw_when_scanned(true);
  const auto reading = on.engine.read();
  REQUIRE(reading->scan_problem);
  CHECK(reading->scan_problem->where == "a scanner's mistake");
  CHECK(count_in(*reading, DeviceState::up) == 1);
}

TEST_CASE("a scrape without patience gets the devices that are known, as not answered") {
  EngineOnFakes on;
  (void)on.host->add("01");
  (void)on.engine.read();
  on.host->gate.close();
  const auto reading = on.engine.read(milliseconds(0));
  CHECK(count_in(*reading, DeviceState::stuck) == 1);
  on.host->gate.open();
}

TEST_CASE("a new limit holds from the next scrape on") {
  EngineOnFakes on({.deadline = seconds(60), .threads = 8});
  const auto device = on.host->add("01");
  device->gate.close();
  on.engine.set_limits({.deadline = milliseconds(30), .threads = 8});
  CHECK(state_in(*on.engine.read(), "01") == DeviceState::stuck);
  device->gate.open();
}

TEST_CASE("a reading that somebody holds is never changed by later ones") {
  EngineOnFakes on;
  const auto quick = on.host->add("01");
  const auto slow = on.host->add("02");
  quick->set_value(1);
  slow->gate.close();
  std::vector<std::shared_ptr<const Reading>> held{on.engine.read()};
  const Reading copy = *held.front();
  slow->set_value(1);
  slow->gate.open();

  // Some are held and some are let go of, so that storage goes round.
  for (std::uint64_t value = 2; value < 60; ++value) {
    quick->set_value(value);
    slow->set_value(value);
    const auto reading = on.engine.read();
    CHECK(device_in(*reading, "01").values[1] == value);
    if (value % 3 == 0) {
      held.push_back(reading);
    }
  }

  CHECK(device_in(*held.front(), "01").values == device_in(copy, "01").values);
  CHECK(state_in(*held.front(), "02") == DeviceState::stuck);
  CHECK_FALSE(has_values(device_in(*held.front(), "02")));
  CHECK(held.front()->read_errors == copy.read_errors);
  for (std::size_t i = 1; i < held.size(); ++i) {
    CHECK(device_in(*held[i], "01").values == std::vector<std::uint64_t>(2, 3 * i));
  }
}

TEST_CASE("a reading can outlive its engine") {
  std::shared_ptr<const Reading> reading;
  {
    EngineOnFakes on;
    on.host->add("01")->set_value(3);
    reading = on.engine.read();
  }
  CHECK(device_in(*reading, "01").values[0] == 3);
}

TEST_CASE("an engine that goes takes the readers with it") {
  std::shared_ptr<FakeDevice> device;
  {
    auto on = std::make_unique<EngineOnFakes>();
    device = on->host->add("01");
    (void)on->engine.read();
    on->host->remove("01");
  }
  CHECK(device->wait_until_dropped());
}

}  // namespace
}  // namespace efa::test
