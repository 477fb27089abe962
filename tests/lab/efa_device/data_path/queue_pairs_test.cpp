#include "tests/lab/efa_device/data_path/queue_pairs.h"

#include <array>
#include <cstdint>
#include <set>

#include "tests/lab/efa_device/data_path/test_guest.h"
#include "tests/support/catch.h"

using namespace efa::lab;
using namespace efa::lab::test;

namespace {

/// What a queue pair refers to.
struct Prepared {
  Network network;
  Guest guest{network, 1};
  std::uint16_t domain = guest.ask(AdminOp::alloc_pd, {});
  Completions completions{guest, 16, long_completion};
  std::uint64_t ring = guest.bus.allocate(FakeBus::page);

  AdminStatus create(const QueuePairOptions& options) {
    return guest.run(AdminOp::create_qp,
                     create_queue_pair(domain, completions.number(), ring, options));
  }
  AdminStatus create(const Command& command) { return guest.run(AdminOp::create_qp, command); }
};

}  // namespace

TEST_CASE("a queue pair tells where its doorbells and its send ring are") {
  Prepared test;
  REQUIRE(test.create(QueuePairOptions{}) == AdminStatus::success);
  CHECK(test.guest.answer<std::uint32_t>(0) == 1);
  CHECK(test.guest.answer<std::uint16_t>(4) == 1);
  CHECK(test.guest.answer<std::uint32_t>(12) == doorbell_page);
  CHECK(test.guest.answer<std::uint32_t>(16) == doorbell_page + receive_doorbell);
  CHECK(test.guest.answer<std::uint32_t>(20) == llq_size);
  REQUIRE(test.create(QueuePairOptions{.reliable = false}) == AdminStatus::success);
  CHECK(test.guest.answer<std::uint32_t>(20) == 2 * llq_size);
}

TEST_CASE("a queue pair of impossible rings, flags or references is refused") {
  Prepared test;
  const Command good = create_queue_pair(test.domain, test.completions.number(), test.ring, {});
  const auto with = [&](std::size_t offset, auto value) {
    Command command = good;
    command.put(offset, value);
    return command;
  };
  CHECK(test.create(good) == AdminStatus::success);
  CHECK(test.create(with(0, std::uint16_t{9})) == AdminStatus::illegal_parameter);
  CHECK(test.create(with(2, std::uint8_t{0})) == AdminStatus::illegal_parameter);
  CHECK(test.create(with(2, std::uint8_t{3})) == AdminStatus::illegal_parameter);
  for (const int flag : {1, 2, 8}) {
    CHECK(test.create(with(3, static_cast<std::uint8_t>(flag))) == AdminStatus::illegal_parameter);
  }
  CHECK(test.create(with(12, test.ring + 8)) == AdminStatus::illegal_parameter);
  CHECK(test.create(with(20, 77U)) == AdminStatus::illegal_parameter);
  CHECK(test.create(with(24, 0x10001U)) == AdminStatus::illegal_parameter);
  CHECK(test.create(with(36, 16U * 96)) == AdminStatus::illegal_parameter);
  CHECK(test.create(with(40, 0U)) == AdminStatus::illegal_parameter);
  CHECK(test.create(with(40, 12U)) == AdminStatus::illegal_parameter);
  CHECK(test.create(with(44, 24U)) == AdminStatus::illegal_parameter);
  CHECK(test.create(with(44, 48U)) == AdminStatus::illegal_parameter);
  CHECK(test.create(with(44, 0x80000000U)) == AdminStatus::illegal_parameter);
  CHECK(test.create({.send_depth = 8192}) == AdminStatus::illegal_parameter);
  CHECK(test.create({.send_depth = 4096, .work_request_size = 128}) ==
        AdminStatus::illegal_parameter);
  CHECK(test.create({.send_depth = 2048, .work_request_size = 128}) == AdminStatus::success);
  CHECK(test.create({.send_depth = 0, .receive_depth = 0}) == AdminStatus::success);
}

TEST_CASE("queue pairs differ in their numbers' low bits, and numbers are not used again soon") {
  Prepared test;
  std::set<std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < max_queue_pairs; i++) {
    REQUIRE(test.create(QueuePairOptions{}) == AdminStatus::success);
    numbers.insert(test.guest.answer<std::uint16_t>(4) % max_queue_pairs);
  }
  CHECK(numbers.size() == max_queue_pairs);
  CHECK(test.create(QueuePairOptions{}) == AdminStatus::resource_allocation_failure);

  CHECK(test.guest.run(AdminOp::destroy_qp, number(5)) == AdminStatus::success);
  CHECK(test.guest.run(AdminOp::destroy_qp, number(5)) == AdminStatus::illegal_parameter);
  REQUIRE(test.create(QueuePairOptions{}) == AdminStatus::success);
  CHECK(test.guest.answer<std::uint16_t>(4) % max_queue_pairs == 5);
  CHECK(test.guest.answer<std::uint16_t>(4) != 5);
}

TEST_CASE("no queue pair ever has the number 0") {
  Prepared test;
  std::uint32_t zeros = 0;
  for (std::uint32_t i = 0; i < (1U << 16) + max_queue_pairs; i++) {
    Command command = create_queue_pair(test.domain, test.completions.number(), test.ring, {});
    std::array<std::uint8_t, 56> answer{};
    (void)test.guest.device.execute(AdminOp::create_qp, 0, command.bytes(), answer);
    const auto made = load<std::uint16_t>(answer, 4);
    zeros += made == 0 ? 1 : 0;
    (void)test.guest.device.execute(AdminOp::destroy_qp, 0, number(made).bytes(), answer);
  }
  CHECK(zeros == 0);
}

TEST_CASE("a queue pair is as it was modified") {
  Prepared test;
  REQUIRE(test.create(QueuePairOptions{}) == AdminStatus::success);
  Command modify = modify_queue_pair(1, modifies_all, 3);
  modify.put(16, 0x1234U).put(20, 0x5678U).put(25, std::uint8_t{3});
  REQUIRE(test.guest.run(AdminOp::modify_qp, modify) == AdminStatus::success);
  // What the mask does not name stays.
  REQUIRE(test.guest.run(AdminOp::modify_qp, modify_queue_pair(1, modifies_state, 4)) ==
          AdminStatus::success);
  REQUIRE(test.guest.run(AdminOp::query_qp, number(1)) == AdminStatus::success);
  CHECK(test.guest.answer<std::uint32_t>(0) == 4);
  CHECK(test.guest.answer<std::uint32_t>(4) == 0x1234);
  CHECK(test.guest.answer<std::uint32_t>(8) == 0x5678);
  CHECK(test.guest.answer<std::uint8_t>(13) == 3);
}

TEST_CASE("a queue pair that is not there, or a state that does not exist, is refused") {
  Prepared test;
  REQUIRE(test.create(QueuePairOptions{}) == AdminStatus::success);
  CHECK(test.guest.run(AdminOp::modify_qp, modify_queue_pair(1, modifies_state, 7)) ==
        AdminStatus::illegal_parameter);
  Command beyond_16_bits;
  beyond_16_bits.put(0, 0x10001U);
  for (const AdminOp op : {AdminOp::query_qp, AdminOp::destroy_qp}) {
    CHECK(test.guest.run(op, number(2)) == AdminStatus::illegal_parameter);
    CHECK(test.guest.run(op, beyond_16_bits) == AdminStatus::illegal_parameter);
  }
  CHECK(test.guest.run(AdminOp::modify_qp, modify_queue_pair(2, modifies_state, 1)) ==
        AdminStatus::illegal_parameter);
}
