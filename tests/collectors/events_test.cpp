#include "collectors/events.h"

#include "tests/collectors/made_reading.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recording_sink.h"

namespace efa::test {
namespace {

struct Fixture {
  std::shared_ptr<DeviceWatch> watch = std::make_shared<DeviceWatch>(
      nullptr, DeviceWatch::Host{[] { return std::optional<std::set<std::string>>(); },
                                 [](const DeviceEvent&) {}});
  Events events{watch};
  RecordingSink plan;
  ManualClock clock;

  bool scrape(RecordingSink& sink, const DeviceLayouts& devices) {
    events.describe(devices, plan);
    Reading reading = make_reading(devices);
    reading.started = clock.now();
    clock.advance(std::chrono::seconds(1));
    return events.collect(reading, sink);
  }
};

TEST_CASE("each kind of event is told from the start on, with no device before it counted") {
  Fixture f;
  RecordingSink sink;
  CHECK(f.scrape(sink, {make_layout("efa_0", {})}));
  for (const char* const labels :
       {R"(event="added")", R"(event="removed")", R"(event="renamed")"}) {
    INFO(labels);
    REQUIRE(sink.find("efa_device_events_total", labels) != nullptr);
    CHECK(sink.find("efa_device_events_total", labels)->value == 0);
  }
  RecordingSink later;
  f.scrape(later, {make_layout("efa_0", {}), make_layout("efa_1", {})});
  CHECK(later.find("efa_device_events_total", R"(event="added")")->value == 1);
}

TEST_CASE("a list of devices that could not be renewed is no success") {
  Fixture f;
  Reading reading = make_reading({});
  reading.scan_problem = Problem{Reason::transient, 5, ""};
  RecordingSink sink;
  CHECK_FALSE(f.events.collect(reading, sink));
}

TEST_CASE("neither a failed scan nor a reading that was overtaken makes devices come and go") {
  Fixture f;
  RecordingSink sink;
  Reading failed = make_reading({});
  failed.started = f.clock.now();
  failed.scan_problem = Problem{Reason::stuck, 0, ""};
  f.events.describe({}, f.plan);
  f.events.collect(failed, sink);
  f.clock.advance(std::chrono::seconds(1));
  const DeviceLayouts devices{make_layout("efa_0", {})};
  f.scrape(sink, devices);

  Reading old = make_reading({});
  old.started = failed.started;
  f.events.describe({}, f.plan);
  f.events.collect(old, sink);
  RecordingSink last;
  f.scrape(last, devices);
  CHECK(last.find("efa_device_events_total", R"(event="added")")->value == 0);
  CHECK(last.find("efa_device_events_total", R"(event="removed")")->value == 0);
}

}  // namespace
}  // namespace efa::test
