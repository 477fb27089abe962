#include "collectors/base/refresher.h"

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace efa::test {
namespace {

using std::chrono::seconds;
using Devices = std::vector<std::string>;

struct Answer {
  std::uint64_t number = 0;
};

// A reading that can be held up, and that says what it was asked.
class Readings {
 public:
  Answer read(const Devices& devices) {
    std::unique_lock lock(mutex_);
    asked_ = devices;
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    return {begun_};
  }
  void hold(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  void await(std::uint64_t begun) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ >= begun; });
  }
  std::uint64_t begun() {
    const std::lock_guard lock(mutex_);
    return begun_;
  }
  Devices asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Devices asked_;
  std::uint64_t begun_ = 0;
  bool held_ = false;
};

struct Fixture {
  // Left to the thread, which may outlive the test.
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
  std::shared_ptr<Readings> readings = std::make_shared<Readings>();
  Refresher<Answer, Devices> refresher{
      [readings = readings, clock = clock](const Devices& devices) {
        return readings->read(devices);
      },
      *clock, seconds(15)};

  // Until a reading later than `number` is there.
  std::shared_ptr<const Answer> until_after(std::uint64_t number, const Devices& devices) {
    while (true) {
      auto latest = refresher.latest(devices, seconds(60));
      if (latest->number > number) {
        return latest;
      }
    }
  }
};

TEST_CASE("the first one who asks waits for the first reading") {
  Fixture f;
  const auto first = f.refresher.latest({"efa_0"}, seconds(60));
  REQUIRE(first);
  CHECK(first->number == 1);
  CHECK(f.readings->asked() == Devices{"efa_0"});
}

TEST_CASE("nothing is read again before the interval is over") {
  Fixture f;
  const auto first = f.refresher.latest({"efa_0"}, seconds(60));
  f.clock->advance(seconds(14));
  CHECK(f.refresher.latest({"efa_0"}, seconds(60)) == first);
  CHECK(f.readings->begun() == 1);
}

TEST_CASE("a reading that is too old is given all the same, while a new one is under way") {
  Fixture f;
  const auto first = f.refresher.latest({"efa_0"}, seconds(60));
  f.readings->hold(true);
  f.clock->advance(seconds(15));
  CHECK(f.refresher.latest({"efa_0"}, seconds(60)) == first);
  f.readings->await(2);
  CHECK(f.refresher.latest({"efa_0"}, seconds(60)) == first);
  CHECK(f.readings->begun() == 2);  // not asked for once more
  f.readings->hold(false);
  CHECK(f.until_after(1, {"efa_0"})->number == 2);
}

TEST_CASE("while a reading hangs there is no answer, and afterwards there is") {
  Fixture f;
  (void)f.refresher.latest({"efa_0"}, seconds(60));
  f.readings->hold(true);
  f.clock->advance(seconds(15));
  CHECK(f.refresher.latest({"efa_0"}, seconds(60)));
  f.readings->await(2);
  f.clock->advance(seconds(61));
  CHECK_FALSE(f.refresher.latest({"efa_0"}, seconds(60)));
  CHECK(f.readings->begun() == 2);
  f.readings->hold(false);
  std::shared_ptr<const Answer> answer;
  while (!answer) {
    answer = f.refresher.latest({"efa_0"}, seconds(60));
  }
  CHECK(answer->number == 2);
}

TEST_CASE("a device that has come is looked up at once") {
  Fixture f;
  (void)f.refresher.latest({"efa_0"}, seconds(60));
  CHECK(f.until_after(1, {"efa_0", "efa_1"})->number == 2);
  CHECK(f.readings->asked() == Devices{"efa_0", "efa_1"});
}

TEST_CASE("a refresh reads anew at once, and gives what is there until then") {
  Fixture f;
  f.refresher.refresh();  // nothing to ask yet
  const auto first = f.refresher.latest({"efa_0"}, seconds(60));
  CHECK(f.readings->begun() == 1);
  f.readings->hold(true);
  f.refresher.refresh();
  f.readings->await(2);
  CHECK(f.refresher.latest({"efa_0"}, seconds(60)) == first);
  f.readings->hold(false);
  CHECK(f.until_after(1, {"efa_0"})->number == 2);
  CHECK(f.readings->asked() == Devices{"efa_0"});
}

TEST_CASE("a refresh while a reading is under way is another reading after it") {
  Fixture f;
  f.readings->hold(true);
  CHECK_FALSE(f.refresher.latest({"efa_0"}, std::chrono::nanoseconds(1)));
  f.readings->await(1);
  f.refresher.refresh();
  f.readings->hold(false);
  CHECK(f.until_after(1, {"efa_0"})->number == 2);
}

TEST_CASE("a first reading that hangs is waited for once, not by everybody who asks") {
  Fixture f;
  f.readings->hold(true);
  CHECK_FALSE(f.refresher.latest({"efa_0"}, std::chrono::nanoseconds(1)));
  f.clock->advance(seconds(60));
  // One who waits gets the answer in the end.
  std::promise<void> returned;
  std::thread releasing([&f, &returned] {
    returned.get_future().wait_for(seconds(30));
    f.readings->hold(false);
  });
  CHECK_FALSE(f.refresher.latest({"efa_0"}, seconds(60)));
  returned.set_value();
  releasing.join();
}

TEST_CASE("a reading that hangs holds up nobody, not even the end") {
  auto f = std::make_unique<Fixture>();
  f->readings->hold(true);
  const auto readings = f->readings;
  CHECK_FALSE(f->refresher.latest({"efa_0"}, std::chrono::nanoseconds(1)));
  readings->await(1);
  CHECK_FALSE(f->refresher.latest({"efa_0"}, std::chrono::nanoseconds(1)));
  f.reset();
  readings->hold(false);
}

}  // namespace
}  // namespace efa::test
