#pragma once

#include <atomic>
#include <chrono>

#include "collectors/base/clock.h"

namespace efa::test {

/// Time that moves when the test says so.
///
/// Threads  safe to call concurrently
class ManualClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override {
    return SteadyTime(SteadyTime::duration(now_.load()));
  }

  void advance(SteadyTime::duration by) { now_ += by.count(); }

 private:
  // Not at zero: an age counted from the clock's beginning must not be right by chance.
  std::atomic<SteadyTime::rep> now_{std::chrono::nanoseconds(std::chrono::hours(1000)).count()};
};

}  // namespace efa::test
