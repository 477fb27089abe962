#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "collectors/base/clock.h"
#include "tests/lab/efa_device/bus.h"
#include "tests/lab/efa_device/registers.h"

namespace efa::lab {

/// Groups of asynchronous events.
enum class EventGroup : std::uint16_t { fatal_error = 1, warning, notification, keep_alive };

/// Asynchronous events, the AENQ: those of the groups that the driver has enabled, as long as its
/// ring has room; among them keep-alives, by the clock.
///
/// Threads  none of its own; callers hold the fabric's lock
class Events {
 public:
  /// A bit for each group there is.
  static constexpr std::uint32_t supported = 0x1e;

  Events(const Registers& registers, Bus& bus, const Clock& clock);

  void reset();
  void enable(std::uint32_t groups) { enabled_ = groups; }
  [[nodiscard]] std::uint32_t enabled() const { return enabled_; }
  /// Whether the driver gets it.
  bool send(std::uint16_t group, std::uint16_t syndrome);

  /// 0: none from now on. Outlives a reset.
  void keep_alive_every(std::chrono::microseconds period);
  void tick();
  [[nodiscard]] std::optional<SteadyTime> next_due() const;

 private:
  const Registers& registers_;
  Bus& bus_;
  const Clock& clock_;
  std::uint32_t enabled_ = 0;
  std::uint32_t sent_ = 0;  // counts as the driver does in its register
  std::chrono::microseconds period_{std::chrono::seconds(1)};
  SteadyTime next_keep_alive_;
};

}  // namespace efa::lab
