#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <utility>

#include "tests/lab/efa_device/data_path/test_guest.h"
#include "tests/support/catch.h"

using namespace efa::lab;
using namespace efa::lab::test;

namespace {

/// Does to two devices what no driver would. Fields are plausible most of the time, so that much of
/// it is accepted: that is asserted, all else is for the sanitizers to see.
class Chaos {
 public:
  explicit Chaos(std::uint32_t seed) : random_(seed) {
    populate(guest_a_);
    populate(guest_b_);
  }

  void step(std::uint16_t id) {
    Guest& guest = one_in(2) ? guest_a_ : guest_b_;
    switch (below(8)) {
      case 0:
      case 1:
      case 2:
        command(guest, static_cast<AdminOp>(1 + below(21)));
        break;
      case 3:
        work_request(guest, id);
        break;
      case 4:
        receive_descriptor(guest, id);
        break;
      case 5:
      case 6:
        queue_doorbell(guest);
        break;
      default:
        event(guest);
        break;
    }
  }

  [[nodiscard]] std::uint64_t total(Counter counter) const {
    return guest_a_.statistics.value(counter) + guest_b_.statistics.value(counter);
  }
  [[nodiscard]] std::size_t interrupts() const { return guest_a_.bus.interrupts.size(); }
  [[nodiscard]] std::uint64_t accepted() const { return accepted_; }

 private:
  static constexpr std::uint64_t near_memory = 1U << 16;

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  bool one_in(std::uint64_t many) { return below(many) == 0; }
  template <class T>
  T value(std::uint64_t limit) {
    return static_cast<T>(below(limit));
  }
  std::uint64_t address(std::uint64_t unit) {
    return one_in(20) ? random_() : FakeBus::start + below(near_memory) / unit * unit;
  }
  std::uint16_t small_number() { return one_in(10) ? value<std::uint16_t>(6) : std::uint16_t{1}; }

  Command any_command() {
    Command made;
    for (std::size_t i = 0; i < 60; i++) {
      made.put(i, one_in(20) ? value<std::uint8_t>(256) : std::uint8_t{0});
    }
    return made;
  }

  void queue_pair(Command& made) {
    const std::uint32_t depth = 1U << below(5);
    made.put(0, small_number());
    made.put(2, one_in(4) ? value<std::uint8_t>(4) : std::uint8_t{2});
    made.put(12, one_in(10) ? address(16) : FakeBus::start);
    made.put(20, value<std::uint32_t>(6)).put(24, value<std::uint32_t>(6));
    made.put(36, depth * (one_in(3) ? 128U : 64U)).put(40, depth);
    made.put(44, 16U << below(6));
    made.put(3, static_cast<std::uint8_t>(below(2) * 4));
  }

  void modification(Command& made) {
    made.put(0, value<std::uint32_t>(64) | 1).put(4, value<std::uint32_t>(8));
    made.put(8, one_in(20) ? value<std::uint32_t>(8) : 3U).put(16, 0U);
    made.put(25, value<std::uint8_t>(8));
  }

  void region(Command& made, std::uint8_t flags) {
    for (std::size_t i = 0; i < 4; i++) {
      made.put(4 + i * 8, FakeBus::start + (below(64) << 12));
    }
    if ((flags & ctrl_data) != 0) {
      made.put(4, value<std::uint32_t>(4096)).put(8, address(8));
    }
    made.put(0, small_number()).put(36, 1 + below(16000));
    made.put(44, static_cast<std::uint8_t>(12 + below(3)));
    made.put(45, one_in(3) ? value<std::uint8_t>(8) : all_access);
    made.put(52, one_in(10) ? random_() : below(1 << 12));
  }

  void completion_queue(Command& made) {
    made.put(0, static_cast<std::uint8_t>(below(2) << 5));
    made.put(1, static_cast<std::uint8_t>(below(2) << 5 | (one_in(2) ? 4U : 8U)));
    made.put(2, static_cast<std::uint16_t>(1U << below(8))).put(4, value<std::uint16_t>(4));
    made.put(8, address(16)).put(20, std::uint16_t{1});
  }

  static bool destroys(AdminOp op) {
    switch (op) {
      case AdminOp::destroy_qp:
      case AdminOp::destroy_ah:
      case AdminOp::dereg_mr:
      case AdminOp::destroy_cq:
      case AdminOp::destroy_eq:
      case AdminOp::dealloc_pd:
        return true;
      default:
        return false;
    }
  }

  /// Enough for traffic, most of the time.
  void populate(Guest& guest) {
    for (const auto& [op, times] :
         {std::pair(AdminOp::alloc_pd, 1), std::pair(AdminOp::create_eq, 3),
          std::pair(AdminOp::create_cq, 6), std::pair(AdminOp::create_ah, 6),
          std::pair(AdminOp::reg_mr, 20), std::pair(AdminOp::create_qp, 10),
          std::pair(AdminOp::modify_qp, 20)}) {
      for (int i = 0; i < times; i++) {
        command(guest, op);
      }
    }
  }

  void command(Guest& guest, AdminOp op) {
    const std::uint8_t flags = one_in(3) ? value<std::uint8_t>(8) : std::uint8_t{0};
    if (destroys(op) && !one_in(300)) {
      return;
    }
    Command made = any_command();
    made.put(0, small_number());
    switch (op) {
      case AdminOp::create_qp:
        queue_pair(made);
        break;
      case AdminOp::modify_qp:
        modification(made);
        break;
      case AdminOp::create_ah:
        made.put(0, gid_of(static_cast<std::uint8_t>(1 + below(one_in(10) ? 4 : 2))))
            .put(16, small_number());
        break;
      case AdminOp::reg_mr:
        region(made, flags);
        break;
      case AdminOp::create_cq:
        completion_queue(made);
        break;
      case AdminOp::create_eq:
        made = create_event_queue(address(16), static_cast<std::uint16_t>(1U << below(9)),
                                  value<std::uint8_t>(256));
        break;
      default:
        break;
    }
    accepted_ += guest.run(op, made, flags) == AdminStatus::success ? 1U : 0U;
  }

  Buffer buffer(std::uint32_t length) {
    return {.length = one_in(10) ? value<std::uint32_t>(1ULL << 32) : length,
            .key = value<std::uint32_t>(12),
            .address = one_in(20) ? random_() : 4096 + below(4096)};
  }

  void work_request(Guest& guest, std::uint16_t id) {
    Work made(static_cast<Operation>(one_in(20) ? below(16) : below(3)), id);
    const auto length = value<std::uint32_t>(3000);
    if (one_in(2)) {
      made.immediate(value<std::uint32_t>(100));
    }
    if (one_in(8)) {
      made.inline_data("inline");
    } else {
      made.buffers({buffer(length), buffer(length)});
      made.remote(buffer(length));
    }
    made.length(one_in(5) ? value<std::uint16_t>(100) : std::uint16_t{1});
    made.to(static_cast<std::uint16_t>(1 + below(4)), static_cast<std::uint16_t>(1 + below(6)), 0);
    const std::size_t size = one_in(3) ? wide_work_request : narrow_work_request;
    guest.device.write_llq(below(7) * llq_size + below(16) * 64, made.bytes().first(size));
  }

  void receive_descriptor(Guest& guest, std::uint16_t id) {
    guest.put(FakeBus::start + below(one_in(10) ? near_memory / 16 : 32) * 16,
              ReceiveDescriptor{.address = one_in(20) ? random_() : 4096 + below(4096),
                                .id = id,
                                .length = value<std::uint16_t>(4000),
                                .control = static_cast<std::uint32_t>(below(12) | below(4) << 30)});
  }

  void queue_doorbell(Guest& guest) {
    const bool receives = one_in(2);
    const std::uint64_t slot = one_in(20) ? below(9) : 1 + below(6);
    std::uint16_t& posted = posted_.at(&guest == &guest_a_ ? 0 : 1).at(slot).at(receives ? 1 : 0);
    std::uint32_t count = 0;
    if (one_in(20)) {
      count = value<std::uint32_t>(1ULL << 32);
    } else {
      posted = one_in(20) ? std::uint16_t{0} : static_cast<std::uint16_t>(posted + 1 + below(2));
      count = posted;
    }
    guest.device.doorbell(slot * doorbell_page + (receives ? receive_doorbell : 0), count);
  }

  void event(Guest& guest) {
    constexpr std::uint32_t arm = 1U << 31;
    guest.device.doorbell(completion_doorbells + below(8) * doorbell_page, arm);
    guest.device.doorbell(one_in(2) ? random_() : below(doorbell_bar_size), arm);
    guest.device.event_queue_doorbell(value<std::uint32_t>(5) | arm);
    if (one_in(50)) {
      guest.faults.cut = one_in(10);
      guest.faults.loss = one_in(2) ? 0.2 : 0;
    }
    if (one_in(300)) {
      guest.device.reset();
      posted_.at(&guest == &guest_a_ ? 0 : 1) = {};
      populate(guest);
    }
    if (one_in(10)) {
      network_.advance(std::chrono::milliseconds(below(500)));
    }
  }

  std::mt19937_64 random_;
  Network network_;
  Guest guest_a_{network_, 1};
  Guest guest_b_{network_, 2};
  std::array<std::array<std::array<std::uint16_t, 2>, 9>, 2> posted_{};
  std::uint64_t accepted_ = 0;
};

}  // namespace

TEST_CASE("whatever a guest writes, a device stays within its memory and the guest's") {
  std::uint64_t accepted = 0;
  std::uint64_t received = 0;
  std::uint64_t read = 0;
  std::uint64_t written = 0;
  std::uint64_t interrupts = 0;
  for (std::uint32_t seed = 1; seed <= 25; seed++) {
    Chaos chaos(seed);
    for (std::uint32_t i = 0; i < 10000; i++) {
      chaos.step(static_cast<std::uint16_t>(i));
    }
    accepted += chaos.accepted();
    received += chaos.total(Counter::recv_wrs);
    read += chaos.total(Counter::rdma_read_bytes);
    written += chaos.total(Counter::rdma_write_bytes);
    interrupts += chaos.interrupts();
  }
  // It is worth something only as long as much of it gets through.
  INFO(accepted << " commands, " << received << " messages, " << read << " and " << written
                << " bytes, " << interrupts << " interrupts");
  CHECK(accepted > 1000);
  CHECK(received > 100);
  CHECK(read > 1000);
  CHECK(written > 1000);
  CHECK(interrupts > 10);
}
