#include "agent/daemon/reading_log.h"

#include <cerrno>

#include "tests/daemon/log_recorder.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace efa {
namespace {

using std::chrono::seconds;
using Lines = std::vector<std::string>;

DeviceReading device(const std::string& name, const std::string& pci_address,
                     DeviceState state = DeviceState::up,
                     const std::optional<Problem>& problem = std::nullopt) {
  DeviceLayout layout;
  layout.attributes.name = name;
  layout.attributes.pci_address = pci_address;
  layout.counters.push_back(
      {.spec = nullptr, .file = "tx_bytes", .port = "1", .listed_at_port = {}});
  DeviceReading reading;
  reading.layout = std::make_shared<const DeviceLayout>(layout);
  reading.state = state;
  reading.problem = problem;
  return reading;
}

const Problem closed{.reason = Reason::closed, .errno_value = ENODEV, .where = "ports/1/x"};

struct Fixture {
  test::ManualClock clock;
  test::LogRecorder recorder;
  ReadingLog readings{recorder.write()};

  // One scrape, and the lines that it logged.
  Lines scrape(const std::vector<DeviceReading>& devices,
               const std::optional<Problem>& scan_problem = std::nullopt) {
    Reading reading;
    reading.devices = devices;
    reading.scan_problem = scan_problem;
    reading.started = clock.now();
    readings.report(reading);
    clock.advance(seconds(30));
    return recorder.take();
  }
};

}  // namespace

TEST_CASE("the first reading tells how many devices there are, later ones what changed") {
  Fixture f;
  CHECK(f.scrape({device("a", "0000:00:06.0"), device("b", "0000:00:07.0")}) ==
        Lines{"info devices found devices=2",
              "debug device found device=a pci_address=0000:00:06.0",
              "debug device found device=b pci_address=0000:00:07.0"});
  CHECK(f.scrape({device("a", "0000:00:06.0"), device("b", "0000:00:07.0")}).empty());
  CHECK(f.scrape({device("b", "0000:00:07.0"), device("c", "0000:00:08.0")}) ==
        Lines{"warning device is gone device=a pci_address=0000:00:06.0",
              "info device found device=c pci_address=0000:00:08.0"});
}

TEST_CASE("a host without devices is told once") {
  Fixture f;
  CHECK(f.scrape({}) == Lines{"warning no EFA device on this host devices=0"});
  CHECK(f.scrape({}).empty());
  CHECK(f.scrape({device("a", "0000:00:06.0")}) ==
        Lines{"info device found device=a pci_address=0000:00:06.0"});
}

TEST_CASE("a renamed device is renamed, not gone") {
  Fixture f;
  f.scrape({device("efa_0", "0000:10:1b.0")});
  CHECK(f.scrape({device("rdmap16s27", "0000:10:1b.0")}) ==
        Lines{"info device renamed device=rdmap16s27 pci_address=0000:10:1b.0 was=efa_0"});
}

TEST_CASE("a closed device is logged once with reason, error and path, and once when it is back") {
  Fixture f;
  f.scrape({device("a", "0000:00:06.0")});
  CHECK(f.scrape({device("a", "0000:00:06.0", DeviceState::down, closed)}) ==
        Lines{"warning device cannot be read device=a pci_address=0000:00:06.0 reason=closed "
              "error=No such device path=ports/1/x"});
  // Backed off: not asked, so that nothing fails.
  CHECK(f.scrape({device("a", "0000:00:06.0", DeviceState::down)}).empty());
  CHECK(f.scrape({device("a", "0000:00:06.0", DeviceState::down, closed)}).empty());
  CHECK(f.scrape({device("a", "0000:00:06.0")}).empty());
  CHECK(f.scrape({device("a", "0000:00:06.0")}).empty());
  CHECK(f.scrape({device("a", "0000:00:06.0")}) ==
        Lines{"info device is readable again device=a pci_address=0000:00:06.0 lasted=90.0s"});
}

TEST_CASE("a stuck device is logged once, though the reading names no problem") {
  Fixture f;
  f.scrape({device("a", "0000:00:06.0")});
  CHECK(f.scrape({device("a", "0000:00:06.0", DeviceState::stuck)}) ==
        Lines{"warning device does not answer: its reading has not returned device=a "
              "pci_address=0000:00:06.0"});
  CHECK(f.scrape({device("a", "0000:00:06.0", DeviceState::stuck)}).empty());
}

TEST_CASE("the same failure at another file is the same problem") {
  Fixture f;
  Problem problem{.reason = Reason::malformed, .errno_value = 0, .where = "ports/1/x"};
  f.scrape({device("a", "0000:00:06.0")});
  CHECK(f.scrape({device("a", "0000:00:06.0", DeviceState::up, problem)}) ==
        Lines{"warning something of the device cannot be read device=a pci_address=0000:00:06.0 "
              "reason=malformed path=ports/1/x"});
  problem.where = "ports/1/y";
  CHECK(f.scrape({device("a", "0000:00:06.0", DeviceState::up, problem)}).empty());
}

TEST_CASE("an absent or unsupported file is not a line") {
  Fixture f;
  f.scrape({device("a", "0000:00:06.0")});
  for (const Reason reason : {Reason::absent, Reason::unsupported}) {
    CHECK(f.scrape({device("a", "0000:00:06.0", DeviceState::up, Problem{reason, 0, {}})}).empty());
  }
}

TEST_CASE("devices without any counter are told once, all together") {
  Fixture f;
  const Problem absent{.reason = Reason::absent, .errno_value = ENOENT, .where = "ports"};
  const auto empty = [&](const std::string& name) {
    DeviceReading reading = device(name, "0000:00:0" + name + ".0", DeviceState::down, absent);
    DeviceLayout layout = *reading.layout;
    layout.counters.clear();
    reading.layout = std::make_shared<const DeviceLayout>(layout);
    return reading;
  };
  const Lines lines = f.scrape({empty("6"), empty("7")});
  REQUIRE(lines.size() == 4);
  CHECK(lines.back().find("warning devices show no counters") == 0);
  CHECK(lines.back().find("devices=2") != std::string::npos);
  CHECK(f.scrape({empty("6"), empty("7")}).empty());
  const auto counted = [&] {
    return f.scrape({device("6", "0000:00:06.0"), device("7", "0000:00:07.0")});
  };
  CHECK(counted().empty());  // whether it lasts
  CHECK(counted().empty());
  CHECK(counted() == Lines{"info devices show their counters lasted=60.0s"});
}

TEST_CASE("a device that goes takes its problems along") {
  Fixture f;
  f.scrape({device("a", "0000:00:06.0", DeviceState::down, closed)});
  CHECK(f.scrape({}) == Lines{"warning device is gone device=a pci_address=0000:00:06.0"});
  for (int i = 0; i < 5; ++i) {
    CHECK(f.scrape({}).empty());
  }
}

TEST_CASE("a device list that cannot be read is a problem, and no news about devices") {
  Fixture f;
  const Problem denied{
      .reason = Reason::denied, .errno_value = EACCES, .where = "class/infiniband"};
  CHECK(f.scrape({}, denied) == Lines{"warning the list of devices cannot be read reason=denied "
                                      "error=Permission denied path=class/infiniband"});
  CHECK(f.scrape({}, denied).empty());
  CHECK(f.scrape({device("a", "0000:00:06.0")}).front() == "info devices found devices=1");
}

TEST_CASE("a reading that scrapes share, or that comes late, is told once") {
  Fixture f;
  Reading first;
  first.devices = {device("a", "0000:00:06.0")};
  first.started = f.clock.now();
  f.readings.report(first);
  CHECK(f.recorder.take().size() == 2);
  Reading second;
  second.started = f.clock.now() + seconds(1);
  f.readings.report(second);
  CHECK(f.recorder.take().size() == 1);
  f.readings.report(second);
  f.readings.report(first);
  CHECK(f.recorder.take().empty());
}

}  // namespace efa
