#include <chrono>
#include <cstdint>

#include "tests/lab/efa_device/data_path/test_guest.h"
#include "tests/support/catch.h"

using namespace efa::lab;
using namespace efa::lab::test;
using namespace std::chrono_literals;

namespace {

/// The status of what was posted, which has to complete at once.
CompletionStatus status_of(Pair& test, const Work& work) {
  test.a.post(work);
  return test.a.completions.status();
}

}  // namespace

TEST_CASE("an operation that does not exist is not supported") {
  Pair test;
  for (unsigned operation = 3; operation < 16; operation++) {
    CHECK(status_of(test, test.work(static_cast<Operation>(operation))) ==
          CompletionStatus::unsupported_operation);
  }
  CHECK(test.guest_a.counted().empty());
}

TEST_CASE("an address handle that is not there, or another protection domain's, is bad") {
  Pair test;
  test.b.post_receive(1, {test.b.buffer(0, 10)});
  CHECK(status_of(test, test.send(5).to(77, test.b.number, Endpoint::qkey)) ==
        CompletionStatus::bad_address_handle);
  Endpoint other(test.guest_a);
  const auto handle = other.handle_for(test.guest_b);
  CHECK(status_of(test, test.send(5).to(handle, test.b.number, Endpoint::qkey)) ==
        CompletionStatus::bad_address_handle);
  CHECK(status_of(test, test.work(Operation::rdma_read).to(77, 1, Endpoint::qkey)) ==
        CompletionStatus::bad_address_handle);
  CHECK(test.guest_a.counted() == Counts{{"rdma_read_wrs", 1}, {"rdma_read_wr_err", 1}});
}

TEST_CASE("a local buffer that its key does not cover is refused, and not counted as sent") {
  Pair test;
  Buffer unknown = test.a.buffer(0, 5);
  unknown.key = 99;
  const Endpoint other(test.guest_a);
  for (const Buffer& bad :
       {unknown, test.a.buffer(Endpoint::region_size - 4, 5), other.buffer(0, 5)}) {
    CHECK(status_of(test, test.work(Operation::send).buffers({test.a.buffer(0, 1), bad})) ==
          CompletionStatus::bad_local_key);
  }
  CHECK(test.guest_a.counted().empty());
}

TEST_CASE("a message of more than the MTU, or of more than two buffers, is too long") {
  Pair test;
  CHECK(status_of(test, test.send(max_message + 1)) == CompletionStatus::bad_length);
  CHECK(status_of(test, test.send(5).length(3)) == CompletionStatus::bad_length);
  CHECK(status_of(test, test.send(5).length(0xffff)) == CompletionStatus::bad_length);
  CHECK(test.guest_a.counted().empty());
}

TEST_CASE("a queue pair that is absent, has another key or is of another kind takes no message") {
  Pair test;
  CHECK(status_of(test, test.send(5).to(test.to_b, 200, Endpoint::qkey)) ==
        CompletionStatus::bad_remote_queue_pair);
  CHECK(status_of(test, test.send(5).to(test.to_b, test.b.number, 5)) ==
        CompletionStatus::bad_remote_queue_pair);
  const Endpoint datagrams(test.guest_b, {.reliable = false});
  CHECK(status_of(test, test.send(5).to(test.to_b, datagrams.number, Endpoint::qkey)) ==
        CompletionStatus::bad_remote_queue_pair);
  CHECK(status_of(test, test.work(Operation::rdma_read).to(test.to_b, 200, Endpoint::qkey)) ==
        CompletionStatus::bad_remote_queue_pair);
}

TEST_CASE("a queue pair receives from state RTR on, but not in the error state") {
  Pair test;
  const auto accepts = [&](QueuePairState state) {
    REQUIRE(test.b.enter(state) == AdminStatus::success);
    test.b.post_receive(1, {test.b.buffer(0, 10)});
    const bool accepted = status_of(test, test.send(5)) == CompletionStatus::ok;
    while (test.b.completions.poll()) {
    }
    return accepted;
  };
  CHECK(accepts(QueuePairState::ready_to_receive));
  CHECK(accepts(QueuePairState::send_queue_drained));
  CHECK_FALSE(accepts(QueuePairState::error));
}

TEST_CASE("a message too long for its receive buffer leaves it posted") {
  Pair test;
  test.b.post_receive(1, {test.b.buffer(0, 4)});
  CHECK(status_of(test, test.send(5)) == CompletionStatus::receive_too_short);
  CHECK(status_of(test, test.send(4)) == CompletionStatus::ok);
}

TEST_CASE("a receive buffer that cannot be written fails on both sides") {
  Pair test;
  Buffer bad = test.b.buffer(0, 10);
  bad.key = 99;
  test.b.post_receive(42, {bad});
  CHECK(status_of(test, test.send(5)) == CompletionStatus::remote_abort);
  const auto arrived = test.b.completions.poll();
  REQUIRE(arrived);
  CHECK(arrived->id == 42);
  CHECK(arrived->status == CompletionStatus::bad_local_key);
}

TEST_CASE("an address that nobody has is unreachable") {
  Pair test;
  const auto nobody =
      test.guest_a.ask(AdminOp::create_ah, create_address_handle(test.a.domain, gid_of(77)));
  CHECK(status_of(test, test.send(5).to(nobody, 1, Endpoint::qkey)) ==
        CompletionStatus::unreachable);
  CHECK(status_of(test, test.work(Operation::rdma_read).to(nobody, 1, Endpoint::qkey)) ==
        CompletionStatus::unreachable);
}

TEST_CASE("a queue pair that is in no state to send flushes what is posted") {
  Pair test;
  const auto state = GENERATE(QueuePairState::reset, QueuePairState::init,
                              QueuePairState::ready_to_receive, QueuePairState::error);
  REQUIRE(test.a.enter(state) == AdminStatus::success);
  CHECK(status_of(test, test.work(Operation::rdma_read)) == CompletionStatus::flushed);
  CHECK(test.guest_a.counted().empty());
}

TEST_CASE("the error state flushes what was posted, sends and receives, then and later") {
  Pair test;
  test.a.post_receive(5, {test.a.buffer(0, 10), test.a.buffer(0, 10)});
  test.a.post_receive(6, {test.a.buffer(0, 10)});
  test.a.post(test.send(5, 7));  // waits for a receive buffer
  CHECK_FALSE(test.a.completions.poll());

  REQUIRE(test.a.enter(QueuePairState::error) == AdminStatus::success);
  for (const int id : {7, 5, 6}) {
    const auto flushed = test.a.completions.poll();
    REQUIRE(flushed);
    CHECK(flushed->id == id);
    CHECK(flushed->status == CompletionStatus::flushed);
  }
  test.a.post_receive(8, {test.a.buffer(0, 10)});
  CHECK(test.a.completions.status() == CompletionStatus::flushed);
  CHECK_FALSE(test.a.completions.poll());
  CHECK_FALSE(test.network.fabric.next_retry());
}

TEST_CASE("the state RESET forgets what was posted") {
  Pair test;
  test.a.post(test.send(5));
  test.b.post_receive(1, {});
  REQUIRE(test.a.enter(QueuePairState::reset) == AdminStatus::success);
  CHECK_FALSE(test.a.completions.poll());
  CHECK_FALSE(test.network.fabric.next_retry());
}

TEST_CASE("nothing of a queue pair completes after it was destroyed") {
  Pair test;
  test.a.post(test.send(5));
  Command destroy;
  destroy.put(0, std::uint32_t{test.a.number});
  REQUIRE(test.guest_a.run(AdminOp::destroy_qp, destroy) == AdminStatus::success);
  test.b.post_receive(1, {test.b.buffer(0, 10)});
  test.network.advance(10s);
  CHECK_FALSE(test.a.completions.poll());
  CHECK_FALSE(test.b.completions.poll());
}
