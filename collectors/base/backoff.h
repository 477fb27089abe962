#pragma once

#include <algorithm>
#include <chrono>

#include "collectors/base/clock.h"

namespace efa {

/// How rarely to ask something that keeps failing: after a second, then two, four, ... up to a
/// minute.
class Backoff {
 public:
  static constexpr std::chrono::seconds first{1};
  static constexpr std::chrono::seconds longest{60};

  [[nodiscard]] bool due(SteadyTime now) const { return now >= next_; }
  [[nodiscard]] bool failing() const { return delay_ != std::chrono::seconds{0}; }

  void failed(SteadyTime now) {
    delay_ = failing() ? std::min(delay_ * 2, longest) : first;
    next_ = now + delay_;
  }
  void succeeded() { *this = Backoff(); }

 private:
  std::chrono::seconds delay_{0};
  SteadyTime next_{};
};

}  // namespace efa
