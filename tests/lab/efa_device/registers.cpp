#include "tests/lab/efa_device/registers.h"

#include "tests/lab/efa_device/admin.h"

namespace efa::lab {
namespace {

constexpr std::uint32_t controller_version = 1;
constexpr std::uint32_t reset_timeout = 20;  // in 100 ms
constexpr std::uint32_t dma_width = 48;      // bits
constexpr std::uint32_t status_ready = 1;
constexpr std::uint32_t status_reset_in_progress = 1U << 3;
constexpr std::uint32_t control_reset = 1;
constexpr std::uint32_t event_size = 64;

std::uint32_t caps_of(const Profile& profile) {
  const auto timeout = static_cast<std::uint32_t>(profile.admin_timeout.count() / 100) & 0xf;
  return reset_timeout << 1 | dma_width << 8 | timeout << 16;
}

AnswerRing ring_at(std::uint64_t base, std::uint32_t caps, std::uint32_t entry_size) {
  return {.ring = {.base = base, .depth = caps & 0xffff, .entry_size = entry_size},
          .vector = caps >> 24};
}

}  // namespace

Registers::Registers(const Profile& profile, Bus& bus) : profile_(profile), bus_(bus) { reset(); }

void Registers::reset() {
  values_.fill(0);
  at(Register::version) = profile_.interface;
  at(Register::controller_version) = controller_version;
  at(Register::caps) = caps_of(profile_);
  at(Register::device_status) = status_ready;
}

std::uint32_t& Registers::at(Register which) {
  return values_[static_cast<std::size_t>(which) / 4];
}

std::uint32_t Registers::read(std::uint64_t offset) const {
  return offset < end && offset % 4 == 0 ? values_[offset / 4] : 0;
}

RegisterEffect Registers::write(std::uint64_t offset, std::uint32_t value) {
  if (offset >= end || offset % 4 != 0) {
    return RegisterEffect::none;
  }
  const auto which = static_cast<Register>(offset);
  switch (which) {
    case Register::version:
    case Register::controller_version:
    case Register::caps:
    case Register::device_status:
      return RegisterEffect::none;  // read only
    case Register::read_request:
      answer_read(value);
      return RegisterEffect::none;
    case Register::device_control:
      return control(value);
    case Register::aq_doorbell:
      at(which) = value;
      return RegisterEffect::admin_doorbell;
    case Register::eq_doorbell:
      return RegisterEffect::event_queue_doorbell;
    default:
      at(which) = value;
      return RegisterEffect::none;
  }
}

/// The driver sets the reset bit, waits for "in progress", clears it, and waits for that to end.
RegisterEffect Registers::control(std::uint32_t value) {
  if ((value & control_reset) == 0) {
    at(Register::device_status) &= ~status_reset_in_progress;
    return RegisterEffect::none;
  }
  reset();
  at(Register::device_status) |= status_reset_in_progress;
  return RegisterEffect::reset;
}

void Registers::answer_read(std::uint32_t request) {
  const auto id = static_cast<std::uint16_t>(request & 0xffff);
  const auto offset = static_cast<std::uint16_t>(request >> 16);
  const MutableBytes answer =
      bus_.memory(address(Register::read_answer_low, Register::read_answer_high), 8);
  if (answer.empty()) {
    return;
  }
  store(answer, 4, read(offset));
  store(answer, 2, offset);
  store_last(answer, 0, id);  // what the driver spins on
}

std::uint64_t Registers::address(Register low, Register high) const {
  return std::uint64_t{read(high)} << 32 | read(low);
}

Ring Registers::admin_requests() const {
  const std::uint32_t caps = read(Register::aq_caps);
  const std::uint32_t size = caps >> 16;
  const bool fits =
      size == short_admin_request || (size == long_admin_request && profile_.interface >= 3);
  return {.base = address(Register::aq_base_low, Register::aq_base_high),
          .depth = fits ? caps & 0xffff : 0,
          .entry_size = size};
}

AnswerRing Registers::admin_answers() const {
  return ring_at(address(Register::acq_base_low, Register::acq_base_high), read(Register::acq_caps),
                 admin_answer);
}

AnswerRing Registers::events() const {
  return ring_at(address(Register::aenq_base_low, Register::aenq_base_high),
                 read(Register::aenq_caps), event_size);
}

bool Registers::interrupts_masked() const { return (read(Register::interrupt_mask) & 1) != 0; }

}  // namespace efa::lab
