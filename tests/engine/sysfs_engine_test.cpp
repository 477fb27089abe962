#include <cerrno>
#include <chrono>
#include <memory>
#include <string>

#include "collectors/engine/reading_engine.h"
#include "collectors/sysfs/sysfs_scanner.h"
#include "tests/engine/readings.h"
#include "tests/support/fake_clock.h"
#include "tests/support/faulty_files.h"
#include "tests/support/sysfs_tree.h"

namespace efa::test {
namespace {

using std::chrono::milliseconds;

constexpr const char* wedged = "0000:00:07.0";
constexpr const char* wedged_files = "rdmap0s7/ports/1/hw_counters/*";

/// Four devices read as the agent reads them; rdmap0s7 is the one that can be wedged.
struct EngineOnSysfs {
  SysfsTree tree;
  FaultyFiles files;
  ManualClock clock;
  std::unique_ptr<ReadingEngine> engine;

  explicit EngineOnSysfs(std::size_t descriptors = 1000, std::size_t threads = 2) {
    for (const char* const name : {"rdmap0s6", "rdmap0s7", "rdmap0s8", "rdmap0s9"}) {
      tree.device(name);
    }
    engine = std::make_unique<ReadingEngine>(
        std::make_unique<SysfsScanner>(files, clock, tree.root(), descriptors),
        EngineLimits{.deadline = milliseconds(500), .threads = threads});
  }
  EngineOnSysfs(const EngineOnSysfs&) = delete;
  EngineOnSysfs& operator=(const EngineOnSysfs&) = delete;
  // Nobody may be left who still reads the files.
  ~EngineOnSysfs() {
    files.heal();
    (void)read_until(
        *engine, [](const Reading& reading) { return count_in(reading, DeviceState::stuck) == 0; });
    engine.reset();
  }
};

TEST_CASE(
    "a device that the kernel blocks on is stuck, then fails, then is left alone, then is back") {
  EngineOnSysfs on;
  CHECK(count_in(*on.engine->read(), DeviceState::up) == 4);

  on.files.block_reads(wedged_files);
  for (int scrape = 0; scrape < 10; ++scrape) {
    const auto reading = on.engine->read();
    REQUIRE(state_in(*reading, wedged) == DeviceState::stuck);
    REQUIRE(count_in(*reading, DeviceState::up) == 3);
    REQUIRE(on.engine->thread_count() <= 2 + 4 + 1);
  }
  CHECK(on.files.blocked() == 1);

  // The driver gives up on the command and closes the queue.
  on.files.fail_read(wedged_files, ENODEV);
  on.files.fail_read(wedged_files, ETIME, 1);
  on.files.release(wedged_files);
  const auto closed = read_until(*on.engine, [](const Reading& reading) {
    return state_in(reading, wedged) == DeviceState::down;
  });
  REQUIRE(device_in(*closed, wedged).problem);
  CHECK(errors_in(*closed, wedged, Reason::stuck) == 1);
  CHECK(has_values(device_in(*closed, wedged)));  // the device counters

  const std::size_t reads = on.files.reads(wedged_files);
  const std::size_t lifespan = on.files.reads("rdmap0s7/ports/1/hw_counters/lifespan");
  const auto left_alone = on.engine->read();
  CHECK(state_in(*left_alone, wedged) == DeviceState::down);
  CHECK(on.files.reads(wedged_files) - reads ==
        on.files.reads("rdmap0s7/ports/1/hw_counters/lifespan") - lifespan);

  on.files.heal();
  on.clock.advance(std::chrono::seconds(60));
  const auto recovered = on.engine->read();
  CHECK(count_in(*recovered, DeviceState::up) == 4);
}

TEST_CASE("a device that is wedged when the agent starts does not hide the others") {
  EngineOnSysfs on;
  on.files.block_reads(wedged_files);
  const auto reading = on.engine->read();
  CHECK_FALSE(reading->scan_problem);
  REQUIRE(reading->devices.size() == 4);
  CHECK(state_in(*reading, wedged) == DeviceState::stuck);
  CHECK(count_in(*reading, DeviceState::up) == 3);
}

TEST_CASE("a device that is renamed or re-created while it is stuck does not hide the others") {
  EngineOnSysfs on;
  (void)on.engine->read();
  on.files.block_reads(wedged_files);
  (void)on.engine->read();
  SECTION("renamed") {
    on.files.block_reads("efa_1/ports/1/hw_counters/*");
    on.tree.device("rdmap0s7").rename("efa_1");
  }
  SECTION("re-created") { on.tree.device("rdmap0s7").recreate(); }
  for (int scrape = 0; scrape < 3; ++scrape) {
    const auto reading = on.engine->read();
    CHECK_FALSE(reading->scan_problem);
    REQUIRE(reading->devices.size() == 4);
    CHECK(state_in(*reading, wedged) == DeviceState::stuck);
    CHECK(count_in(*reading, DeviceState::up) == 3);
  }
  on.files.release_all();
}

TEST_CASE("a device that goes while it is stuck is gone, and its descriptors are once it returns") {
  EngineOnSysfs on(1000, 1);
  (void)on.engine->read();
  const std::size_t kept = on.files.open_descriptors();
  on.files.block_reads(wedged_files);
  (void)on.engine->read();
  on.tree.remove_device("rdmap0s7");
  CHECK(on.engine->read()->devices.size() == 3);

  on.files.release_all();
  // The thread that comes back lets go of the reader, then leaves.
  (void)read_until(*on.engine, [&](const Reading&) { return on.engine->thread_count() == 1; });
  CHECK(on.engine->thread_count() == 1);
  CHECK(on.files.open_descriptors() == kept / 4 * 3);
}

TEST_CASE("without descriptors to keep every device is read, and none stays open") {
  EngineOnSysfs on(0);
  for (int scrape = 0; scrape < 3; ++scrape) {
    const auto reading = on.engine->read();
    CHECK(count_in(*reading, DeviceState::up) == 4);
    for (const ReasonCounts& errors : reading->read_errors) {
      CHECK(errors == ReasonCounts{});
    }
  }
  CHECK(on.files.open_descriptors() == 0);
}

}  // namespace
}  // namespace efa::test
