#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "tests/lab/efa_device/admin.h"

namespace efa::lab {

/// What goes wrong with the admin commands of a device.
class AdminFaults {
 public:
  static constexpr long always = -1;

  /// The next `count` commands get no answer at all.
  void stall(long count) { stalled_ = count; }
  /// The next `count` commands of this number (0: of any) end with this status.
  void fail(std::uint8_t op, AdminStatus status, long count);
  /// Each answer comes this much later.
  void delay(std::chrono::microseconds by) { delay_ = by; }
  void heal();

  /// Asked once for each command: whether it is swallowed; it counts down.
  [[nodiscard]] bool swallows();
  /// Asked once for each command: the status it ends with instead of being executed.
  [[nodiscard]] std::optional<AdminStatus> failure_of(std::uint8_t op);
  [[nodiscard]] std::chrono::microseconds delay() const { return delay_; }

 private:
  struct Failure {
    std::uint8_t op;
    AdminStatus status;
    long count;
  };

  long stalled_ = 0;
  std::chrono::microseconds delay_{0};
  std::vector<Failure> failures_;
};

/// What goes wrong between a device and the others of its fabric.
struct NetworkFaults {
  /// The fraction of sent packets that is lost on the way: SRD sends them again and counts that, a
  /// datagram is gone.
  double loss = 0;
  /// Nothing leaves or reaches the device.
  bool cut = false;
};

}  // namespace efa::lab
