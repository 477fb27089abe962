#include "tests/lab/efa_device/fake_driver.h"

#include <algorithm>
#include <array>

#include "tests/lab/efa_device/pci.h"

namespace efa::lab::test {
namespace {

constexpr std::uint64_t read_answer = FakeBus::start;
constexpr std::uint64_t requests = FakeBus::start + 0x1000;
constexpr std::uint64_t completions = FakeBus::start + 0x2000;
constexpr std::uint64_t events_ring = FakeBus::start + 0x3000;
constexpr std::uint32_t entry_size = 64;

std::uint32_t low(std::uint64_t address) { return static_cast<std::uint32_t>(address); }
std::uint32_t high(std::uint64_t address) { return static_cast<std::uint32_t>(address >> 32); }

}  // namespace

void FakeDriver::write(Register which, std::uint32_t value) {
  std::array<std::uint8_t, 4> bytes{};
  store(bytes, 0, value);
  device_->write(register_region, static_cast<std::uint32_t>(which), bytes);
}

std::uint32_t FakeDriver::read(std::uint32_t offset) {
  ++reads_;
  write(Register::read_answer_high, high(read_answer));
  write(Register::read_answer_low, low(read_answer));
  const MutableBytes answer = bus_->memory(read_answer, 8);
  store(answer, 0, static_cast<std::uint16_t>(reads_ + 0x9a));
  write(Register::read_request, offset << 16 | reads_);
  const bool answered =
      load<std::uint16_t>(answer) == reads_ && load<std::uint16_t>(answer, 2) == offset;
  return answered ? load<std::uint32_t>(answer, 4) : 0xffffffff;
}

void FakeDriver::set_up() {
  write(Register::aq_base_low, low(requests));
  write(Register::aq_base_high, high(requests));
  write(Register::aq_caps, request_size_ << 16 | depth);
  write(Register::acq_base_low, low(completions));
  write(Register::acq_base_high, high(completions));
  write(Register::acq_caps, entry_size << 16 | depth);
  write(Register::aenq_base_low, low(events_ring));
  write(Register::aenq_base_high, high(events_ring));
  write(Register::aenq_caps, entry_size << 16 | depth);
  write(Register::aenq_consumer, 0);
}

std::uint16_t FakeDriver::post(std::uint8_t op, std::span<const std::uint8_t> payload) {
  const MutableBytes entry =
      bus_->memory(requests + std::uint64_t{posted_ % depth} * request_size_, request_size_);
  std::fill(entry.begin(), entry.end(), std::uint8_t{0});
  const auto id = static_cast<std::uint16_t>(posted_ & 0xfff);
  store(entry, 0, static_cast<std::uint16_t>(0xf000 | id));  // the rest is not the number's
  store(entry, 2, op);
  std::copy(payload.begin(), payload.end(), entry.begin() + (request_size_ == 128 ? 12 : 4));
  ++posted_;
  return id;
}

std::vector<Entry> FakeDriver::take(std::uint64_t base, std::size_t phase_at,
                                    std::uint32_t& count) {
  std::vector<Entry> taken;
  while (true) {
    const MutableBytes entry =
        bus_->memory(base + std::uint64_t{count % depth} * entry_size, entry_size);
    const unsigned phase = count / depth % 2 == 0 ? 1 : 0;
    if ((entry[phase_at] & 1U) != phase) {
      return taken;
    }
    taken.emplace_back(entry.begin(), entry.end());
    ++count;
  }
}

std::vector<Entry> FakeDriver::answers() { return take(completions, 3, answered_); }

std::vector<Entry> FakeDriver::events() { return take(events_ring, 4, happened_); }

Entry FakeDriver::command(AdminOp op, const std::vector<std::uint8_t>& payload) {
  post(static_cast<std::uint8_t>(op), payload);
  ring_doorbell();
  const auto given = answers();
  return given.size() == 1 ? given.front() : Entry(entry_size, 0xff);
}

Entry FakeDriver::get_feature(std::uint8_t feature) {
  std::vector<std::uint8_t> payload(60);
  payload[13] = feature;
  return command(AdminOp::get_feature, payload);
}

Entry FakeDriver::set_feature(std::uint8_t feature, std::uint32_t value) {
  std::vector<std::uint8_t> payload(60);
  payload[13] = feature;
  store(payload, 20, value);
  return command(AdminOp::set_feature, payload);
}

Entry FakeDriver::get_stats(std::uint8_t type) {
  std::vector<std::uint8_t> payload(60);
  payload[12] = type;
  return command(AdminOp::get_stats, payload);
}

}  // namespace efa::lab::test
