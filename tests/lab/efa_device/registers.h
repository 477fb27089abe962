#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tests/lab/efa_device/bus.h"
#include "tests/lab/efa_device/profile.h"
#include "tests/lab/efa_device/ring.h"

namespace efa::lab {

/// Registers of the device, by their offset in its first BAR.
enum class Register : std::uint32_t {
  version = 0x00,
  controller_version = 0x04,
  caps = 0x08,
  aq_base_low = 0x10,
  aq_base_high = 0x14,
  aq_caps = 0x18,
  acq_base_low = 0x20,
  acq_base_high = 0x24,
  acq_caps = 0x28,
  aq_doorbell = 0x2c,
  aenq_caps = 0x34,
  aenq_base_low = 0x38,
  aenq_base_high = 0x3c,
  aenq_consumer = 0x40,
  interrupt_mask = 0x4c,
  device_control = 0x54,
  device_status = 0x58,
  read_request = 0x5c,
  read_answer_low = 0x60,
  read_answer_high = 0x64,
  eq_doorbell = 0x68,
};

/// What others have to do after a write to a register.
enum class RegisterEffect : std::uint8_t { none, reset, admin_doorbell, event_queue_doorbell };

/// A ring that the device fills, and the interrupt it raises then.
struct AnswerRing {
  Ring ring;
  unsigned vector = 0;
};

/// The registers. The driver reads none of them: it asks for one by a write, and gets value,
/// offset and its request's id into its memory.
class Registers {
 public:
  Registers(const Profile& profile, Bus& bus);

  /// All that the driver wrote is forgotten; the device is ready.
  void reset();
  /// 0 for what is not there.
  [[nodiscard]] std::uint32_t read(std::uint64_t offset) const;
  [[nodiscard]] std::uint32_t read(Register which) const {
    return read(static_cast<std::uint64_t>(which));
  }
  /// Answers requests for a register, and walks through a reset: the effect is for the others.
  [[nodiscard]] RegisterEffect write(std::uint64_t offset, std::uint32_t value);

  /// The depth of each is 0 until the driver has set it up.
  [[nodiscard]] Ring admin_requests() const;
  [[nodiscard]] AnswerRing admin_answers() const;
  [[nodiscard]] AnswerRing events() const;
  [[nodiscard]] bool interrupts_masked() const;

 private:
  static constexpr std::size_t end = 0x6c;

  [[nodiscard]] std::uint64_t address(Register low, Register high) const;
  [[nodiscard]] std::uint32_t& at(Register which);
  [[nodiscard]] RegisterEffect control(std::uint32_t value);
  void answer_read(std::uint32_t request);

  Profile profile_;
  Bus& bus_;
  std::array<std::uint32_t, end / 4> values_{};
};

}  // namespace efa::lab
