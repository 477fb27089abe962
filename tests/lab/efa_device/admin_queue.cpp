#include "tests/lab/efa_device/admin_queue.h"

#include <algorithm>
#include <utility>

#include "tests/lab/efa_device/crc16.h"

namespace efa::lab {
namespace {

constexpr std::uint16_t command_id_bits = 0x0fff;
// Both in requests and in answers.
constexpr std::size_t id_at = 0;
constexpr std::size_t request_op_at = 2;
constexpr std::size_t request_flags_at = 3;
constexpr std::size_t answer_status_at = 2;
constexpr std::size_t answer_phase_at = 3;
constexpr std::size_t answer_checksum_at = 4;
constexpr std::size_t answer_data_at = 8;

/// What follows the descriptor, which is longer in long requests.
Bytes payload_of(Bytes request) {
  return request.subspan(request.size() == long_admin_request ? 12 : 4);
}

}  // namespace

AdminQueue::AdminQueue(const Registers& registers, Bus& bus, AdminFaults& faults,
                       AdminCommands& commands, const Clock& clock, const Log& log,
                       std::string name)
    : registers_(registers),
      bus_(bus),
      faults_(faults),
      commands_(commands),
      clock_(clock),
      log_(log),
      name_(std::move(name)) {}

void AdminQueue::reset() {
  requests_ = 0;
  answers_ = 0;
  delayed_.clear();
}

void AdminQueue::serve() {
  const Ring ring = registers_.admin_requests();
  const std::uint32_t room = registers_.admin_answers().ring.depth;
  if (ring.depth == 0) {
    return;
  }
  const auto posted = static_cast<std::uint16_t>(registers_.read(Register::aq_doorbell));
  if (static_cast<std::uint16_t>(posted - requests_) > ring.depth) {
    requests_ = static_cast<std::uint16_t>(posted - ring.depth);  // the others are written over
  }
  // Whoever posts more than the answers' ring holds waits until some of them are given.
  while (requests_ != posted && delayed_.size() < room) {
    const Bytes entry = bus_.memory(ring.address_of(requests_), ring.entry_size);
    if (entry.empty()) {
      log_.event(name_, "the admin queue is not in the guest's memory");
      requests_ = posted;
      return;
    }
    // The guest can change its copy while the command runs.
    std::array<std::uint8_t, long_admin_request> request{};
    std::copy(entry.begin(), entry.end(), request.begin());
    ++requests_;
    take(Bytes(request).first(entry.size()));
  }
}

void AdminQueue::take(Bytes request) {
  const auto op = load<std::uint8_t>(request, request_op_at);
  ++taken_[op];
  if (log_.traces()) {
    log_.trace(name_, "admin command " + std::to_string(op));
  }
  if (faults_.swallows()) {
    return;
  }
  Answer answer{};
  const auto id = load<std::uint16_t>(request, id_at);
  store(answer, id_at, static_cast<std::uint16_t>(id & command_id_bits));
  const AdminStatus status = outcome(op, request, MutableBytes(answer).subspan(answer_data_at));
  store(answer, answer_status_at, status);
  if (status != AdminStatus::success) {
    log_.event(name_, "admin command " + std::to_string(op) + " ends with status " +
                          std::to_string(static_cast<unsigned>(status)));
  }
  if (faults_.delay().count() == 0 && delayed_.empty()) {
    give(answer);
    return;
  }
  const SteadyTime due = clock_.now() + faults_.delay();
  delayed_.push_back({delayed_.empty() ? due : std::max(due, delayed_.back().due), answer});
}

AdminStatus AdminQueue::outcome(std::uint8_t op, Bytes request, MutableBytes response) {
  if (const auto failure = faults_.failure_of(op)) {
    return *failure;
  }
  const auto flags = load<std::uint8_t>(request, request_flags_at);
  return commands_.execute(static_cast<AdminOp>(op), flags, payload_of(request), response);
}

void AdminQueue::give(Answer& answer) {
  const auto [ring, vector] = registers_.admin_answers();
  if (ring.depth == 0) {
    return;
  }
  const MutableBytes entry = bus_.memory(ring.address_of(answers_), answer.size());
  if (entry.empty()) {
    log_.event(name_, "the admin completion queue is not in the guest's memory");
    return;
  }
  store(answer, answer_phase_at, ring.phase_of(answers_));
  store(answer, answer_checksum_at, std::uint16_t{0});
  store(answer, answer_checksum_at, crc16(answer));
  store(entry, id_at, load<std::uint16_t>(answer, id_at));
  std::copy(answer.begin() + answer_checksum_at, answer.end(), entry.begin() + answer_checksum_at);
  store_last(entry, answer_status_at, load<std::uint16_t>(answer, answer_status_at));
  ++answers_;
  if (!registers_.interrupts_masked()) {
    bus_.interrupt(vector);
  }
}

void AdminQueue::tick() {
  while (!delayed_.empty() && delayed_.front().due <= clock_.now()) {
    give(delayed_.front().answer);
    delayed_.pop_front();
  }
  serve();
}

std::optional<SteadyTime> AdminQueue::next_due() const {
  if (delayed_.empty()) {
    return std::nullopt;
  }
  return delayed_.front().due;
}

void AdminQueue::end_delays() {
  for (Delayed& waiting : delayed_) {
    waiting.due = clock_.now();
  }
}

}  // namespace efa::lab
