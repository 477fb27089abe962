#include <cstdint>
#include <string>

#include "tests/lab/efa_device/data_path/test_guest.h"
#include "tests/support/catch.h"

using namespace efa::lab;
using namespace efa::lab::test;

namespace {

Counts sent(std::uint64_t bytes, std::uint64_t packets = 1) {
  Counts counts{{"send_wrs", 1}, {"tx_pkts", packets}};
  if (bytes > 0) {
    counts["send_bytes"] = bytes;
    counts["tx_bytes"] = bytes;
  }
  return counts;
}

Counts received(std::uint64_t bytes, std::uint64_t packets = 1) {
  Counts counts{{"recv_wrs", 1}, {"rx_pkts", packets}};
  if (bytes > 0) {
    counts["recv_bytes"] = bytes;
    counts["rx_bytes"] = bytes;
  }
  return counts;
}

constexpr QueuePairOptions datagrams{.reliable = false};

}  // namespace

TEST_CASE("a send arrives in the receive buffer, and both sides complete and count it") {
  Pair test;
  test.guest_a.write(test.a.memory, "hello");
  test.b.post_receive(42, {test.b.buffer(100, 1000)});
  test.a.post(test.send(5, 7));

  const auto done = test.a.completions.poll();
  REQUIRE(done);
  CHECK(done->id == 7);
  CHECK(done->status == CompletionStatus::ok);
  CHECK(done->flags == (completion_of_send | completion_phase));
  CHECK(done->queue_pair == test.a.number);

  const auto arrived = test.b.completions.poll();
  REQUIRE(arrived);
  CHECK(arrived->id == 42);
  CHECK(arrived->status == CompletionStatus::ok);
  CHECK(arrived->flags == (completion_of_receive | completion_phase));
  CHECK(arrived->queue_pair == test.b.number);
  CHECK(arrived->source_queue_pair == test.a.number);
  CHECK(arrived->length == 5);
  CHECK(test.guest_b.read(test.b.memory + 100, 6) == std::string("hello\0", 6));

  CHECK(test.guest_a.counted() == sent(5));
  CHECK(test.guest_b.counted() == received(5));
}

TEST_CASE("a sender without an address handle is named by its GID, one with a handle by that") {
  Pair test;
  test.b.post_receive(1, {test.b.buffer(0, 10)});
  test.a.post(test.send(5));
  const auto stranger = test.b.completions.poll();
  REQUIRE(stranger);
  CHECK(stranger->address_handle == unknown_address_handle);
  CHECK(stranger->extension == test.guest_a.gid);

  const auto handle = test.b.handle_for(test.guest_a);
  test.b.post_receive(2, {test.b.buffer(0, 10)});
  test.a.post(test.send(5));
  const auto known = test.b.completions.poll();
  REQUIRE(known);
  CHECK(known->address_handle == handle);
  CHECK(known->extension == Gid{});
}

TEST_CASE("a send takes its bytes from two buffers, and its immediate data along") {
  Pair test;
  test.guest_a.write(test.a.memory, "first");
  test.guest_a.write(test.a.memory + 2 * FakeBus::page - 3, "second");  // over the end of a page
  test.b.post_receive(1, {test.b.buffer(0, 100)});
  Work work = test.work(Operation::send);
  work.buffers({test.a.buffer(0, 5), test.a.buffer(2 * FakeBus::page - 3, 6)});
  work.immediate(0xabcd);
  test.a.post(work);

  const auto arrived = test.b.completions.poll();
  REQUIRE(arrived);
  CHECK((arrived->flags & completion_immediate) != 0);
  CHECK(arrived->immediate == 0xabcd);
  CHECK(arrived->length == 11);
  CHECK(test.guest_b.read(test.b.memory, 11) == "firstsecond");
  CHECK(test.guest_a.counted() == sent(11));
  CHECK(test.guest_b.counted() == received(11));
}

TEST_CASE("a send brings its bytes in the work request") {
  const auto [size, room] = GENERATE(table<std::uint32_t, std::size_t>({{64, 32}, {128, 80}}));
  Pair test({.work_request_size = size});
  const std::string text = std::string(room - 1, 'x') + "y";
  test.b.post_receive(1, {test.b.buffer(0, 100)});
  test.a.post(test.work(Operation::send).inline_data(text));
  CHECK(test.a.completions.status() == CompletionStatus::ok);
  CHECK(test.guest_b.read(test.b.memory, room) == text);
  CHECK(test.guest_a.counted() == sent(room));
  CHECK(test.guest_b.counted() == received(room));

  // It says more than it has.
  test.a.post(
      test.work(Operation::send).inline_data(text).length(static_cast<std::uint16_t>(room + 1)));
  CHECK(test.a.completions.status() == CompletionStatus::bad_length);
}

TEST_CASE("work requests of 128 bytes have their buffers where the short ones have them") {
  Pair test({.work_request_size = 128});
  test.b.post_receive(1, {test.b.buffer(0, 100)});
  test.b.post_receive(2, {test.b.buffer(0, 100)});
  test.guest_a.write(test.a.memory, "hello");
  test.a.post(test.send(4));
  test.a.post(test.send(5));
  CHECK(test.a.completions.status() == CompletionStatus::ok);
  CHECK(test.a.completions.status() == CompletionStatus::ok);
  CHECK(test.guest_b.read(test.b.memory, 5) == "hello");
}

TEST_CASE("a local key has 24 bits, whatever stands beside them") {
  Pair test;
  test.b.post_receive(1, {test.b.buffer(0, 10)});
  Buffer buffer = test.a.buffer(0, 5);
  buffer.key |= 0xff000000;
  test.a.post(test.work(Operation::send).buffers({buffer}));
  CHECK(test.a.completions.status() == CompletionStatus::ok);
}

TEST_CASE("an empty send is a packet of no bytes") {
  Pair test;
  test.b.post_receive(1, {test.b.buffer(0, 10)});
  test.a.post(test.work(Operation::send));
  CHECK(test.a.completions.status() == CompletionStatus::ok);
  const auto arrived = test.b.completions.poll();
  REQUIRE(arrived);
  CHECK(arrived->length == 0);
  CHECK(test.guest_a.counted() == sent(0));
  CHECK(test.guest_b.counted() == received(0));
}

TEST_CASE("the longest message is one packet") {
  Pair test;
  test.b.post_receive(1, {test.b.buffer(0, max_message)});
  test.a.post(test.send(max_message));
  CHECK(test.a.completions.status() == CompletionStatus::ok);
  CHECK(test.guest_a.counted() == sent(max_message));
  CHECK(test.guest_b.counted() == received(max_message));
}

TEST_CASE("a receive work request may be of several descriptors") {
  Pair test;
  test.guest_a.write(test.a.memory, "onetwothree");
  test.b.post_receive(
      42, {test.b.buffer(0, 3), test.b.buffer(1000, 3), test.b.buffer(FakeBus::page - 2, 50)});
  test.b.post_receive(43, {test.b.buffer(2000, 50)});
  test.a.post(test.send(11));
  test.a.post(test.send(3));
  const auto first = test.b.completions.poll();
  const auto second = test.b.completions.poll();
  REQUIRE((first && second));
  CHECK(first->id == 42);
  CHECK(second->id == 43);
  CHECK(test.guest_b.read(test.b.memory, 3) == "one");
  CHECK(test.guest_b.read(test.b.memory + 1000, 3) == "two");
  CHECK(test.guest_b.read(test.b.memory + FakeBus::page - 2, 5) == "three");
  CHECK(test.guest_b.read(test.b.memory + 2000, 3) == "one");
}

TEST_CASE("a receive work request takes no message before its last descriptor is posted") {
  Network network;
  Guest guest(network, 3);
  Endpoint endpoint(guest);
  const auto handle = endpoint.handle_for(guest);
  guest.put(endpoint.receive_ring, ReceiveDescriptor{Endpoint::start, 1, 10, endpoint.key});
  guest.device.doorbell(endpoint.receive_doorbell, 1);
  endpoint.post(Work(Operation::send, 1)
                    .to(handle, endpoint.number, Endpoint::qkey)
                    .buffers({endpoint.buffer(0, 5)}));
  CHECK_FALSE(endpoint.completions.poll());
  guest.put(endpoint.receive_ring + 16,
            ReceiveDescriptor{Endpoint::start, 0, 10, endpoint.key | 1U << 31});
  guest.device.doorbell(endpoint.receive_doorbell, 2);
  CHECK(endpoint.completions.status() == CompletionStatus::ok);
  CHECK(endpoint.completions.status() == CompletionStatus::ok);
}

TEST_CASE("a receive work request of more descriptors than one may have is of no use") {
  Pair test;
  test.b.post_receive(
      42, {test.b.buffer(0, 3), test.b.buffer(0, 3), test.b.buffer(0, 3), test.b.buffer(0, 3)});
  test.a.post(test.send(3));
  CHECK(test.b.completions.status() == CompletionStatus::bad_length);
  CHECK(test.a.completions.status() == CompletionStatus::remote_abort);
}

TEST_CASE("the rings go round many times") {
  Pair test({.send_depth = 4, .receive_depth = 4, .completion_depth = 4});
  for (std::uint32_t i = 0; i < 70000; i++) {
    const auto id = static_cast<std::uint16_t>(i);
    test.b.post_receive(id, {test.b.buffer(0, 10)});
    test.a.post(test.send(5, id));
    const auto done = test.a.completions.poll();
    const auto arrived = test.b.completions.poll();
    if (!done || done->id != id || !arrived || arrived->id != id) {
      FAIL("round " << i);
    }
  }
  CHECK(test.guest_b.statistics.value(Counter::recv_wrs) == 70000);
}

TEST_CASE("one doorbell is for all work requests before it") {
  Pair test;
  for (std::uint16_t i = 0; i < 3; i++) {
    test.b.post_receive(i, {test.b.buffer(0, 10)});
    test.guest_a.device.write_llq(test.a.llq + i * 64U, test.send(5, i).bytes().first(64));
  }
  test.guest_a.device.doorbell(test.a.send_doorbell, 3);
  for (std::uint16_t i = 0; i < 3; i++) {
    const auto done = test.a.completions.poll();
    REQUIRE(done);
    CHECK(done->id == i);
  }
  CHECK_FALSE(test.a.completions.poll());
}

TEST_CASE("a doorbell that says more than the ring holds is passed over") {
  Pair test;
  test.guest_a.device.doorbell(test.a.send_doorbell, 17);
  test.guest_b.device.doorbell(test.b.receive_doorbell, 17);
  CHECK_FALSE(test.a.completions.poll());
  CHECK(test.guest_a.counted().empty());
}

TEST_CASE("a device sends to itself") {
  Network network;
  Guest guest(network, 1);
  Endpoint endpoint(guest);
  const auto handle = endpoint.handle_for(guest);
  guest.write(endpoint.memory, "hello");
  endpoint.post_receive(5, {endpoint.buffer(1000, 10)});
  endpoint.post(Work(Operation::send, 1)
                    .to(handle, endpoint.number, Endpoint::qkey)
                    .buffers({endpoint.buffer(0, 5)}));
  const auto arrived = endpoint.completions.poll();
  const auto done = endpoint.completions.poll();
  REQUIRE((arrived && done));
  CHECK(arrived->address_handle == handle);
  CHECK(guest.read(endpoint.memory + 1000, 5) == "hello");
  CHECK(guest.counted() == Counts{{"send_wrs", 1},
                                  {"send_bytes", 5},
                                  {"recv_wrs", 1},
                                  {"recv_bytes", 5},
                                  {"tx_pkts", 1},
                                  {"tx_bytes", 5},
                                  {"rx_pkts", 1},
                                  {"rx_bytes", 5}});
}

TEST_CASE("a datagram lies behind 40 bytes in its receive buffer") {
  Pair test(datagrams);
  test.guest_a.write(test.a.memory, "hello");
  test.b.post_receive(1, {test.b.buffer(0, 39), test.b.buffer(100, 6)});
  test.a.post(test.send(5));
  CHECK(test.a.completions.status() == CompletionStatus::ok);
  const auto arrived = test.b.completions.poll();
  REQUIRE(arrived);
  CHECK(arrived->length == 45);
  CHECK(test.guest_b.read(test.b.memory + 101, 5) == "hello");
  CHECK(test.guest_a.counted() == sent(5));
  CHECK(test.guest_b.counted() == received(5));
}

TEST_CASE("a datagram that nobody can take is dropped, which the receiver counts") {
  Pair test(datagrams);
  SECTION("no receive buffer") {}
  SECTION("a buffer too short") { test.b.post_receive(1, {test.b.buffer(0, 44)}); }
  SECTION("a queue pair that does not receive") {
    REQUIRE(test.b.enter(QueuePairState::init) == AdminStatus::success);
  }
  test.a.post(test.send(5));
  CHECK(test.a.completions.status() == CompletionStatus::ok);
  CHECK_FALSE(test.b.completions.poll());
  CHECK(test.guest_a.counted() == sent(5));
  CHECK(test.guest_b.counted() == Counts{{"rx_drops", 1}});
  CHECK_FALSE(test.network.fabric.next_retry());
}

TEST_CASE("a datagram to an address that nobody has is sent all the same") {
  Pair test(datagrams);
  const auto nobody =
      test.guest_a.ask(AdminOp::create_ah, create_address_handle(test.a.domain, gid_of(77)));
  test.a.post(test.send(5).to(nobody, 1, Endpoint::qkey));
  CHECK(test.a.completions.status() == CompletionStatus::ok);
  CHECK(test.guest_a.counted() == sent(5));
}
