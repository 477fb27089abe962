#include <algorithm>
#include <atomic>
#include <future>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "collectors/engine/reading_engine.h"
#include "tests/engine/fake_host.h"
#include "tests/engine/readings.h"

namespace efa::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct EngineOnFakes {
  std::shared_ptr<FakeHost> host = std::make_shared<FakeHost>();
  ReadingEngine engine;

  explicit EngineOnFakes(const EngineLimits& limits = {.deadline = seconds(20), .threads = 8})
      : engine(std::make_unique<FakeScanner>(host), limits) {}
};

TEST_CASE("two scrapers at once share one reading") {
  EngineOnFakes on;
  const auto device = on.host->add("01");
  bool shared = false;
  // Whether the second one is in time cannot be seen from outside: it has ten tries.
  for (int attempt = 0; attempt < 10 && !shared; ++attempt) {
    const std::size_t readings_before = device->readings();
    device->gate.close();
    auto first = std::async(std::launch::async, [&] { return on.engine.read(); });
    REQUIRE(device->gate.wait_for_waiting());
    auto second = std::async(std::launch::async, [&] { return on.engine.read(); });
    // A third one, with less patience, gives the second one its time.
    CHECK(state_in(*on.engine.read(milliseconds(50)), "01") == DeviceState::stuck);
    device->gate.open();
    shared = first.get() == second.get();
    CHECK(device->readings() == readings_before + (shared ? 1 : 2));
  }
  CHECK(shared);
}

TEST_CASE("who joins with less patience gets what there is, who began gets it all") {
  EngineOnFakes on({.deadline = seconds(20), .threads = 1});
  const auto quick = on.host->add("01");
  const auto slow = on.host->add("02");
  quick->set_value(1);
  slow->set_value(2);
  slow->gate.close();
  auto patient = std::async(std::launch::async, [&] { return on.engine.read(); });
  REQUIRE(slow->gate.wait_for_waiting());

  const auto partial = on.engine.read(milliseconds(10));
  CHECK(state_in(*partial, "01") == DeviceState::up);
  CHECK(device_in(*partial, "01").values[0] == 1);
  CHECK(state_in(*partial, "02") == DeviceState::stuck);
  CHECK_FALSE(has_values(device_in(*partial, "02")));

  slow->gate.open();
  const auto whole = patient.get();
  CHECK(count_in(*whole, DeviceState::up) == 2);
  CHECK(device_in(*whole, "02").values[0] == 2);
  CHECK(errors_in(*whole, "02", Reason::stuck) == 0);
  CHECK(state_in(*partial, "02") == DeviceState::stuck);
  CHECK(quick->readings() == 1);
  CHECK(slow->readings() == 1);
  CHECK(partial->started == whole->started);
}

TEST_CASE("who began with less patience does not end it for who joined with more") {
  EngineOnFakes on({.deadline = seconds(20), .threads = 1});
  const auto slow = on.host->add("01");
  bool shared = false;
  for (int attempt = 0; attempt < 10 && !shared; ++attempt) {
    slow->gate.close();
    auto hasty = std::async(std::launch::async, [&] { return on.engine.read(milliseconds(100)); });
    REQUIRE(slow->gate.wait_for_waiting());
    auto patient = std::async(std::launch::async, [&] { return on.engine.read(); });
    const auto partial = hasty.get();
    CHECK(state_in(*partial, "01") == DeviceState::stuck);
    slow->gate.open();
    const auto whole = patient.get();
    shared = whole->started == partial->started;
    CHECK((!shared || state_in(*whole, "01") == DeviceState::up));
    (void)read_until(on.engine,
                     [](const Reading& one) { return state_in(one, "01") == DeviceState::up; });
  }
  CHECK(shared);
}

TEST_CASE("devices that make their readers wait are read side by side") {
  constexpr std::size_t count = 8;
  EngineOnFakes on({.deadline = seconds(9), .threads = count});
  const auto rendezvous = std::make_shared<Rendezvous>(count);
  for (std::size_t i = 0; i < count; ++i) {
    on.host->add(std::to_string(i))->meet_at(rendezvous);
  }
  CHECK(count_in(*on.engine.read(), DeviceState::up) == count);
}

TEST_CASE("more slow devices than threads are all read: a thread that waits is replaced") {
  constexpr std::size_t count = 12;
  EngineOnFakes on({.deadline = seconds(9), .threads = 2});
  const auto rendezvous = std::make_shared<Rendezvous>(count);
  for (std::size_t i = 0; i < count; ++i) {
    on.host->add(std::to_string(i))->meet_at(rendezvous);
  }
  CHECK(count_in(*on.engine.read(), DeviceState::up) == count);
  CHECK(on.engine.thread_count() <= 2 + count + 1);
}

TEST_CASE("devices that answer at once are read by one thread") {
  bool by_one = false;
  // A machine that is busy may make them look slow: it has a hundred tries.
  for (int attempt = 0; attempt < 100 && !by_one; ++attempt) {
    EngineOnFakes on;
    for (int i = 0; i < 4; ++i) {
      (void)on.host->add(std::to_string(i));
    }
    (void)on.engine.read();
    (void)on.engine.read();
    by_one = on.engine.thread_count() == 1;
  }
  CHECK(by_one);
}

bool is_whole(const Reading& reading) {
  bool whole = reading.read_errors.size() == reading.devices.size();
  for (const DeviceReading& device : reading.devices) {
    const bool up = device.state == DeviceState::up;
    whole = whole && device.layout && device.values.size() == 2 && has_values(device) == up &&
            (!up || device.values[0] == device.values[1]);
  }
  return whole;
}

bool is_same(const Reading& one, const Reading& other) {
  return one.read_errors == other.read_errors &&
         std::equal(one.devices.begin(), one.devices.end(), other.devices.begin(),
                    other.devices.end(), [](const DeviceReading& a, const DeviceReading& b) {
                      return a.state == b.state && a.values == b.values;
                    });
}

// Scrapes with changing patience, and holds on to some readings; how many were not as they should
// be.
unsigned scrape_often(ReadingEngine& engine, unsigned seed) {
  constexpr unsigned scrapes = 60;
  std::minstd_rand random(seed);
  std::shared_ptr<const Reading> held = engine.read();
  Reading copy = *held;
  unsigned broken = 0;
  for (unsigned i = 0; i < scrapes; ++i) {
    const auto reading = engine.read(milliseconds(random() % 25));
    broken += is_whole(*reading) && is_same(*held, copy) ? 0U : 1U;
    if (i % 4 == 0) {
      held = reading;
      copy = *reading;
    }
  }
  return broken;
}

// Does one of the things that happen to devices, and to the limits.
void disturb(EngineOnFakes& on, std::shared_ptr<FakeDevice>& device, unsigned long what) {
  switch (what % 5) {
    case 0:
      device->gate.close();
      break;
    case 1:
      device->gate.open();
      device = on.host->recreate(device->identity());
      break;
    case 2:
      on.engine.set_limits({.deadline = milliseconds(5 + what % 20), .threads = 3});
      break;
    default:
      device->gate.open();
      break;
  }
}

TEST_CASE("many scrapers, devices that hang, come and go: readings are whole and never change") {
  constexpr unsigned scrapers = 6;
  EngineOnFakes on({.deadline = milliseconds(20), .threads = 3});
  std::vector<std::shared_ptr<FakeDevice>> devices;
  for (const char* const identity : {"1", "2", "3", "4", "5", "6"}) {
    devices.push_back(on.host->add(identity));
  }
  std::atomic<unsigned> broken{0};
  std::atomic<unsigned> at_work{scrapers};
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= scrapers; ++seed) {
    threads.emplace_back([&, seed] {
      broken += scrape_often(on.engine, seed);
      --at_work;
    });
  }

  std::minstd_rand random(99);
  for (std::uint64_t value = 1; at_work > 0; ++value) {
    auto& device = devices[random() % devices.size()];
    device->set_value(value);
    disturb(on, device, random());
    std::this_thread::yield();
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const auto& device : devices) {
    device->gate.open();
    CHECK_FALSE(device->was_read_twice_at_once());
  }
  CHECK(broken == 0);
}

}  // namespace
}  // namespace efa::test
