#include "tests/lab/efa_device/events.h"

#include <algorithm>
#include <cstddef>

namespace efa::lab {
namespace {

constexpr std::size_t group_at = 0;
constexpr std::size_t syndrome_at = 2;
constexpr std::size_t phase_at = 4;
constexpr std::size_t data_at = 8;

}  // namespace

Events::Events(const Registers& registers, Bus& bus, const Clock& clock)
    : registers_(registers), bus_(bus), clock_(clock), next_keep_alive_(clock.now() + period_) {}

void Events::reset() {
  enabled_ = 0;
  sent_ = 0;
}

bool Events::send(std::uint16_t group, std::uint16_t syndrome) {
  const auto [ring, vector] = registers_.events();
  const bool wanted = group < 32 && (enabled_ >> group & 1) != 0;
  const std::uint32_t unread = sent_ - registers_.read(Register::aenq_consumer);
  if (!wanted || unread >= ring.depth) {
    return false;
  }
  const MutableBytes entry = bus_.memory(ring.address_of(sent_), ring.entry_size);
  if (entry.empty()) {
    return false;
  }
  store(entry, group_at, group);
  store(entry, syndrome_at, syndrome);
  // Neither time nor data: no format of theirs is known.
  std::fill(entry.begin() + data_at, entry.end(), std::uint8_t{0});
  store_last(entry, phase_at, ring.phase_of(sent_));
  ++sent_;
  if (!registers_.interrupts_masked()) {
    bus_.interrupt(vector);
  }
  return true;
}

void Events::keep_alive_every(std::chrono::microseconds period) {
  period_ = period;
  next_keep_alive_ = clock_.now() + period;
}

void Events::tick() {
  const SteadyTime now = clock_.now();
  if (period_.count() == 0 || now < next_keep_alive_) {
    return;
  }
  send(static_cast<std::uint16_t>(EventGroup::keep_alive), 0);
  next_keep_alive_ = now + period_;
}

std::optional<SteadyTime> Events::next_due() const {
  if (period_.count() == 0) {
    return std::nullopt;
  }
  return next_keep_alive_;
}

}  // namespace efa::lab
