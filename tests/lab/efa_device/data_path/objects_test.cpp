#include <unistd.h>

#include <array>
#include <cstdint>
#include <set>
#include <string>

#include "tests/lab/efa_device/data_path/test_guest.h"
#include "tests/support/catch.h"

using namespace efa::lab;
using namespace efa::lab::test;

namespace {

struct OneGuest {
  Network network;
  Guest guest{network, 1};
};

}  // namespace

TEST_CASE("a command that is about no object of the data path is not supported") {
  OneGuest test;
  for (const AdminOp op : {AdminOp::get_feature, AdminOp::set_feature, AdminOp::get_stats}) {
    CHECK(test.guest.run(op, {}) == AdminStatus::unsupported_opcode);
  }
  CHECK(test.guest.run(static_cast<AdminOp>(0), {}) == AdminStatus::unsupported_opcode);
  CHECK(test.guest.run(static_cast<AdminOp>(200), {}) == AdminStatus::unsupported_opcode);
}

TEST_CASE("a request that is too short is malformed") {
  OneGuest test;
  std::array<std::uint8_t, 56> answer{};
  const Command command;
  CHECK(test.guest.device.execute(AdminOp::alloc_pd, 0, command.bytes().first(59), answer) ==
        AdminStatus::malformed_request);
}

TEST_CASE("protection domains and UARs are given out until there are no more") {
  OneGuest test;
  const auto [allocate, give_back, count] = GENERATE(table<AdminOp, AdminOp, std::uint32_t>(
      {{AdminOp::alloc_pd, AdminOp::dealloc_pd, max_protection_domains},
       {AdminOp::alloc_uar, AdminOp::dealloc_uar, max_user_regions}}));
  std::set<std::uint16_t> numbers;
  for (std::uint32_t i = 0; i < count; i++) {
    numbers.insert(test.guest.ask(allocate, {}));
  }
  CHECK(numbers.size() == count);
  CHECK(test.guest.run(allocate, {}) == AdminStatus::resource_allocation_failure);
  CHECK(test.guest.run(give_back, number(7)) == AdminStatus::success);
  CHECK(test.guest.run(give_back, number(7)) == AdminStatus::illegal_parameter);
  CHECK(test.guest.ask(allocate, {}) == 7);
}

TEST_CASE("a destination has one address handle in a domain until it is given back as often") {
  OneGuest test;
  Guest& guest = test.guest;
  const auto domain = guest.ask(AdminOp::alloc_pd, {});
  const auto other = guest.ask(AdminOp::alloc_pd, {});
  const auto handle = guest.ask(AdminOp::create_ah, create_address_handle(domain, gid_of(9)));
  CHECK(guest.ask(AdminOp::create_ah, create_address_handle(domain, gid_of(9))) == handle);
  CHECK(guest.ask(AdminOp::create_ah, create_address_handle(domain, gid_of(8))) != handle);
  CHECK(guest.ask(AdminOp::create_ah, create_address_handle(other, gid_of(9))) != handle);

  CHECK(guest.run(AdminOp::destroy_ah, number(handle)) == AdminStatus::success);
  CHECK(guest.run(AdminOp::destroy_ah, number(handle)) == AdminStatus::success);
  CHECK(guest.run(AdminOp::destroy_ah, number(handle)) == AdminStatus::illegal_parameter);
}

TEST_CASE("an address handle is of a protection domain that exists") {
  OneGuest test;
  CHECK(test.guest.run(AdminOp::create_ah, create_address_handle(5, gid_of(9))) ==
        AdminStatus::illegal_parameter);
}

TEST_CASE("address handles run out") {
  OneGuest test;
  const auto domain = test.guest.ask(AdminOp::alloc_pd, {});
  for (std::uint32_t i = 0; i < max_address_handles; i++) {
    Gid gid{};
    store(MutableBytes(gid), 4, i);
    (void)test.guest.ask(AdminOp::create_ah, create_address_handle(domain, gid));
  }
  CHECK(test.guest.run(AdminOp::create_ah, create_address_handle(domain, gid_of(9))) ==
        AdminStatus::resource_allocation_failure);
}

TEST_CASE("an event queue is a ring of some 16-byte entries") {
  OneGuest test;
  Guest& guest = test.guest;
  const Command good = create_event_queue(0x1000, 64, 1);
  const auto made = guest.ask(AdminOp::create_eq, good);
  CHECK(guest.run(AdminOp::destroy_eq, number(made)) == AdminStatus::success);
  CHECK(guest.run(AdminOp::destroy_eq, number(made)) == AdminStatus::illegal_parameter);

  Command other_entry = good;
  other_entry.put(3, std::uint8_t{8});
  for (const Command& bad :
       {create_event_queue(0x1000, 0, 1), create_event_queue(0x1000, 48, 1),
        create_event_queue(0x1000, 512, 1), create_event_queue(0x1008, 64, 1), other_entry}) {
    CHECK(guest.run(AdminOp::create_eq, bad) == AdminStatus::illegal_parameter);
  }
  for (std::uint32_t i = 0; i < max_event_queues; i++) {
    (void)guest.ask(AdminOp::create_eq, good);
  }
  CHECK(guest.run(AdminOp::create_eq, good) == AdminStatus::resource_allocation_failure);
}

TEST_CASE("a completion queue tells its depth, and a doorbell only if it has events") {
  OneGuest test;
  Guest& guest = test.guest;
  const Command silent = create_completion_queue(0x1000, 64, long_completion);
  const auto first = guest.ask(AdminOp::create_cq, silent);
  CHECK(guest.answer<std::uint16_t>(2) == 64);
  CHECK(guest.answer<std::uint32_t>(4) == completion_doorbells + first * doorbell_page);
  CHECK(guest.answer<std::uint32_t>(8) == 0);

  const auto events = guest.ask(AdminOp::create_eq, create_event_queue(0x2000, 64, 1));
  (void)guest.ask(AdminOp::create_cq, with_events(silent, events));
  CHECK(guest.answer<std::uint32_t>(8) == 1);

  CHECK(guest.run(AdminOp::destroy_cq, number(first)) == AdminStatus::success);
  CHECK(guest.run(AdminOp::destroy_cq, number(first)) == AdminStatus::illegal_parameter);
}

TEST_CASE("a completion queue of another shape is refused") {
  OneGuest test;
  const Command good = create_completion_queue(0x1000, 64, long_completion);
  Command virtual_memory = good;
  virtual_memory.put(0, std::uint8_t{1 << 6});
  Command wide_ids = good;
  wide_ids.put(1, std::uint8_t{8 | 1 << 6});
  Command two_rings = good;
  two_rings.put(20, std::uint16_t{2});
  for (const Command& bad :
       {create_completion_queue(0x1000, 0, long_completion),
        create_completion_queue(0x1000, 48, long_completion),
        create_completion_queue(0x1000, 64, 64), create_completion_queue(0x1004, 64, 16),
        with_events(good, 3), virtual_memory, wide_ids, two_rings}) {
    CHECK(test.guest.run(AdminOp::create_cq, bad) == AdminStatus::illegal_parameter);
  }
}

TEST_CASE("a reset drops everything, and numbers start anew") {
  Pair test;
  test.guest_a.faults.cut = true;
  test.a.post(test.send(10));
  CHECK(test.network.fabric.next_retry());

  test.guest_a.device.reset();
  CHECK_FALSE(test.network.fabric.next_retry());
  CHECK(test.guest_a.device.describe() == "pds 0 mrs 0 cqs 0 eqs 0 ahs 0 waiting 0\n");
  test.guest_a.device.doorbell(test.a.send_doorbell, 2);
  CHECK_FALSE(test.a.completions.poll());
  CHECK(test.guest_a.ask(AdminOp::alloc_pd, {}) == 1);
  const Endpoint again(test.guest_a);
  CHECK(again.number == 1);
}

TEST_CASE("a device describes its queue pairs to people") {
  Pair test;
  CHECK(test.guest_a.device.describe() ==
        "qp 1 srd state 3 pd 1 sent 0 received 0 of 0\n"
        "pds 1 mrs 1 cqs 1 eqs 0 ahs 1 waiting 0\n");
}

TEST_CASE("two devices cannot have one GID") {
  Network network;
  const Guest guest(network, 1);
  CHECK_THROWS(Guest(network, 1));
}

TEST_CASE("the LLQ memory is and stays as large as its BAR, and nothing is written beyond it") {
  OneGuest test;
  CHECK(::lseek(test.guest.device.llq_descriptor(), 0, SEEK_END) ==
        static_cast<off_t>(llq_bar_size));
  CHECK(::ftruncate(test.guest.device.llq_descriptor(), 0) != 0);
  const std::array<std::uint8_t, 8> data{1, 2, 3, 4, 5, 6, 7, 8};
  test.guest.device.write_llq(llq_bar_size - 4, data);
  test.guest.device.write_llq(~std::uint64_t{0}, data);
  test.guest.device.write_llq(16, data);
  std::array<std::uint8_t, 8> read{};
  CHECK(::pread(test.guest.device.llq_descriptor(), read.data(), read.size(), 16) == 8);
  CHECK(read == data);
  CHECK(::pread(test.guest.device.llq_descriptor(), read.data(), 4, llq_bar_size - 4) == 4);
  CHECK(read[0] == 0);
}
