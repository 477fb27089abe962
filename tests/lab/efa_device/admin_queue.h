#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "collectors/base/clock.h"
#include "tests/lab/efa_device/admin.h"
#include "tests/lab/efa_device/bus.h"
#include "tests/lab/efa_device/faults.h"
#include "tests/lab/efa_device/log.h"
#include "tests/lab/efa_device/registers.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

/// Who executes admin commands.
class AdminCommands {
 public:
  AdminCommands() = default;
  AdminCommands(const AdminCommands&) = delete;
  AdminCommands& operator=(const AdminCommands&) = delete;
  virtual ~AdminCommands() = default;

  /// `request` is what follows the descriptor, at least 60 bytes; `response` what follows the
  /// common part of the completion: 56 bytes, zeroed.
  [[nodiscard]] virtual AdminStatus execute(AdminOp op, std::uint8_t flags, Bytes request,
                                            MutableBytes response) = 0;
};

/// The admin queue: takes requests from their ring when its doorbell rings, has them executed, and
/// puts the answers into theirs, as late and as wrong as AdminFaults says. Answers keep the order
/// of their requests.
///
/// Threads  none of its own; callers hold the fabric's lock
class AdminQueue {
 public:
  AdminQueue(const Registers& registers, Bus& bus, AdminFaults& faults, AdminCommands& commands,
             const Clock& clock, const Log& log, std::string name);

  void reset();
  /// Takes what the driver has posted.
  void serve();
  /// Gives the answers that are due.
  void tick();
  [[nodiscard]] std::optional<SteadyTime> next_due() const;
  /// Makes every answer that waits due now.
  void end_delays();
  /// How many commands of a number came, swallowed ones included; a reset forgets none.
  [[nodiscard]] std::uint64_t taken(std::uint8_t op) const { return taken_[op]; }

 private:
  using Answer = std::array<std::uint8_t, admin_answer>;
  struct Delayed {
    SteadyTime due;
    Answer answer;
  };

  void take(Bytes request);
  [[nodiscard]] AdminStatus outcome(std::uint8_t op, Bytes request, MutableBytes response);
  void give(Answer& answer);

  const Registers& registers_;
  Bus& bus_;
  AdminFaults& faults_;
  AdminCommands& commands_;
  const Clock& clock_;
  const Log& log_;
  const std::string name_;
  std::uint16_t requests_ = 0;  // counters as in the doorbell
  std::uint64_t answers_ = 0;
  std::deque<Delayed> delayed_;
  std::array<std::uint64_t, 256> taken_{};
};

}  // namespace efa::lab
