#include "tests/lab/efa_device/data_path/fabric.h"

#include <chrono>
#include <cstdint>
#include <vector>

#include "tests/lab/efa_device/data_path/test_guest.h"
#include "tests/support/catch.h"

using namespace efa::lab;
using namespace efa::lab::test;
using namespace std::chrono_literals;

TEST_CASE("a send waits for a receive buffer and is counted once") {
  Pair test;  // retries forever
  test.a.post(test.send(5, 7));
  for (int i = 0; i < 100; i++) {
    test.network.advance(1s);
  }
  CHECK_FALSE(test.a.completions.poll());
  test.b.post_receive(1, {test.b.buffer(0, 10)});
  const auto done = test.a.completions.poll();
  REQUIRE(done);
  CHECK(done->id == 7);
  CHECK(done->status == CompletionStatus::ok);
  CHECK(test.guest_a.counted() ==
        Counts{{"send_wrs", 1}, {"send_bytes", 5}, {"tx_bytes", 5}, {"tx_pkts", 1}});
}

TEST_CASE("a send without a receive buffer ends after its retries") {
  const std::uint8_t retries = GENERATE(as<std::uint8_t>(), 1, 3, 6);
  Pair test({.rnr_retries = retries});
  test.a.post(test.send(5));
  test.network.advance(retries * 100ms - 1ns);
  CHECK_FALSE(test.a.completions.poll());
  test.network.advance(1ns);
  CHECK(test.a.completions.status() == CompletionStatus::no_receive_posted);
  CHECK_FALSE(test.network.fabric.next_retry());
}

TEST_CASE("a send that is not to be retried ends at once") {
  Pair test({.rnr_retries = 0});
  test.a.post(test.send(5));
  CHECK(test.a.completions.status() == CompletionStatus::no_receive_posted);
}

TEST_CASE("a send that waits learns that its receiver is gone") {
  Pair test;
  test.a.post(test.send(5));
  REQUIRE(test.b.enter(QueuePairState::error) == AdminStatus::success);
  test.network.advance(100ms);
  CHECK(test.a.completions.status() == CompletionStatus::bad_remote_queue_pair);
}

TEST_CASE("the fabric says when it has to be called next, and then has something to do") {
  Pair test;
  CHECK_FALSE(test.network.fabric.next_retry());
  test.guest_b.faults.cut = true;
  const efa::SteadyTime posted = test.network.clock.now();
  test.a.post(test.send(5));
  for (const auto after : {100ms, 300ms, 700ms, 1500ms, 2500ms, 3000ms}) {
    const auto next = test.network.fabric.next_retry();
    REQUIRE(next);
    CHECK(*next - posted == after);
    test.network.advance(*next - test.network.clock.now());
  }
  CHECK_FALSE(test.network.fabric.next_retry());
}

TEST_CASE("a peer that does not answer is unresponsive after three seconds of retransmissions") {
  Pair test;
  const bool here = GENERATE(true, false);
  (here ? test.guest_a : test.guest_b).faults.cut = true;
  test.b.post_receive(1, {test.b.buffer(0, 10)});
  test.a.post(test.send(5));
  CHECK(test.guest_a.counted() ==
        Counts{{"send_wrs", 1}, {"send_bytes", 5}, {"tx_bytes", 5}, {"tx_pkts", 1}});
  while (const auto next = test.network.fabric.next_retry()) {
    CHECK_FALSE(test.a.completions.poll());
    test.network.advance(*next - test.network.clock.now());
  }
  CHECK(test.a.completions.status() == CompletionStatus::unresponsive);
  CHECK(test.guest_a.counted() == Counts{{"retrans_pkts", 6},
                                         {"retrans_bytes", 30},
                                         {"retrans_timeout_events", 6},
                                         {"unresponsive_remote_events", 1}});
  CHECK(test.guest_b.counted().empty());
}

TEST_CASE("RDMA to a peer that does not answer ends like a send, and counts as an error") {
  Pair test;
  test.guest_b.faults.cut = true;
  test.a.post(test.work(Operation::rdma_write)
                  .buffers({test.a.buffer(0, 10000)})
                  .remote(test.b.buffer(0, 10000)));
  while (const auto next = test.network.fabric.next_retry()) {
    test.network.advance(*next - test.network.clock.now());
  }
  CHECK(test.a.completions.status() == CompletionStatus::unresponsive);
  CHECK(test.guest_a.counted() == Counts{{"rdma_write_wrs", 1},
                                         {"rdma_write_wr_err", 1},
                                         {"retrans_pkts", 6},
                                         {"retrans_bytes", 6 * max_message},
                                         {"retrans_timeout_events", 6},
                                         {"unresponsive_remote_events", 1}});
}

TEST_CASE("a network that heals in time delivers what was sent meanwhile, once") {
  Pair test;
  test.guest_b.faults.cut = true;
  test.b.post_receive(1, {test.b.buffer(0, 10)});
  test.a.post(test.send(5));
  test.network.advance(100ms);
  test.guest_b.faults.cut = false;
  test.network.advance(100ms);
  CHECK_FALSE(test.a.completions.poll());
  test.network.advance(100ms);
  CHECK(test.a.completions.status() == CompletionStatus::ok);
  CHECK(test.b.completions.status() == CompletionStatus::ok);
  CHECK(test.guest_b.counted() ==
        Counts{{"recv_wrs", 1}, {"recv_bytes", 5}, {"rx_bytes", 5}, {"rx_pkts", 1}});
  CHECK(test.guest_a.statistics.value(Counter::retrans_pkts) == 2);
}

TEST_CASE("a peer that answers again, without a receive buffer, is given the retries of that") {
  Pair test({.rnr_retries = 2});
  test.guest_b.faults.cut = true;
  test.a.post(test.send(5));
  test.network.advance(100ms);
  test.guest_b.faults.cut = false;
  test.network.advance(200ms);
  test.network.advance(100ms);
  CHECK_FALSE(test.a.completions.poll());
  test.network.advance(100ms);
  CHECK(test.a.completions.status() == CompletionStatus::no_receive_posted);
}

TEST_CASE("a datagram through a network that is cut is gone") {
  Pair test({.reliable = false});
  test.guest_b.faults.cut = true;
  test.b.post_receive(1, {test.b.buffer(0, 100)});
  test.a.post(test.send(5));
  CHECK(test.a.completions.status() == CompletionStatus::ok);
  CHECK_FALSE(test.network.fabric.next_retry());
  CHECK(test.guest_b.counted().empty());
}

TEST_CASE("packets that are lost are sent again and counted") {
  Pair test;
  test.guest_a.faults.loss = 0.25;
  for (int i = 0; i < 400; i++) {
    test.b.post_receive(1, {test.b.buffer(0, 100)});
    test.a.post(test.send(10));
    REQUIRE(test.a.completions.status() == CompletionStatus::ok);
  }
  Counts counts = test.guest_a.counted();
  CHECK(counts["tx_pkts"] == 400);
  CHECK(counts["retrans_pkts"] > 70);
  CHECK(counts["retrans_pkts"] < 130);
  CHECK(counts["retrans_bytes"] == 10 * counts["retrans_pkts"]);
  CHECK(counts.count("retrans_timeout_events") == 0);
  CHECK(test.guest_b.counted() ==
        Counts{{"recv_wrs", 400}, {"recv_bytes", 4000}, {"rx_bytes", 4000}, {"rx_pkts", 400}});
}

TEST_CASE("what a read loses is sent again by the side that answers") {
  Pair test;
  (void)test.b.handle_for(test.guest_a);
  test.guest_b.faults.loss = 1;
  test.a.post(test.work(Operation::rdma_read)
                  .buffers({test.a.buffer(0, 10000)})
                  .remote(test.b.buffer(0, 10000)));
  CHECK(test.a.completions.status() == CompletionStatus::ok);
  CHECK(test.guest_b.counted() == Counts{{"rdma_read_resp_bytes", 10000},
                                         {"tx_bytes", 10000},
                                         {"tx_pkts", 2},
                                         {"retrans_pkts", 2},
                                         {"retrans_bytes", 10000}});
}

TEST_CASE("datagrams that are lost never arrive") {
  Pair test({.reliable = false});
  test.guest_a.faults.loss = 0.25;
  for (std::uint16_t i = 0; i < 16; i++) {
    test.b.post_receive(i, {test.b.buffer(0, 100)});
  }
  for (int i = 0; i < 16; i++) {
    test.a.post(test.send(10));
    REQUIRE(test.a.completions.status() == CompletionStatus::ok);
  }
  Counts there = test.guest_b.counted();
  CHECK(there["recv_wrs"] > 6);
  CHECK(there["recv_wrs"] < 16);
  CHECK(test.guest_a.counted() ==
        Counts{{"send_wrs", 16}, {"send_bytes", 160}, {"tx_bytes", 160}, {"tx_pkts", 16}});
}

TEST_CASE("the same packets are lost each time") {
  const auto lost = [] {
    Pair test;
    test.guest_a.faults.loss = 0.5;
    std::vector<std::uint64_t> counts;
    for (int i = 0; i < 50; i++) {
      test.b.post_receive(1, {test.b.buffer(0, 100)});
      test.a.post(test.send(10));
      REQUIRE(test.a.completions.status() == CompletionStatus::ok);
      counts.push_back(test.guest_a.statistics.value(Counter::retrans_pkts));
    }
    return counts;
  };
  CHECK(lost() == lost());
}

TEST_CASE("no more work requests wait than the send ring holds") {
  Pair test({.send_depth = 4});
  for (std::uint16_t i = 0; i < 4; i++) {
    test.a.post(test.send(5, i));
  }
  CHECK_FALSE(test.a.completions.poll());
  test.a.post(test.send(5, 9));
  const auto refused = test.a.completions.poll();
  REQUIRE(refused);
  CHECK(refused->id == 9);
  CHECK(refused->status == CompletionStatus::internal_error);
}

TEST_CASE("a device that is gone is unreachable, and nothing of it waits") {
  Network network;
  Guest guest_a(network, 1);
  Endpoint a(guest_a);
  std::uint16_t handle = 0;
  {
    Guest guest_b(network, 2);
    handle = a.handle_for(guest_b);
    Endpoint b(guest_b);
    guest_b.faults.cut = true;
    b.post(Work(Operation::send, 1).to(b.handle_for(guest_a), a.number, Endpoint::qkey));
    CHECK(network.fabric.next_retry());
  }
  CHECK_FALSE(network.fabric.next_retry());
  a.post(Work(Operation::send, 1).to(handle, 1, Endpoint::qkey));
  CHECK(a.completions.status() == CompletionStatus::unreachable);
}
