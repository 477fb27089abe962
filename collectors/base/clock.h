#pragma once

#include <chrono>

namespace efa {

/// Monotonic time: deadlines, ages and back-offs never use wall time, so that a
/// clock step changes none of them.
using SteadyTime = std::chrono::steady_clock::time_point;

/// Where time comes from, so that tests need no sleeps.
///
/// Threads  now() is safe to call concurrently.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  [[nodiscard]] virtual SteadyTime now() const = 0;
};

/// The machine's monotonic clock.
class MonotonicClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace efa
