#include <cstdint>
#include <string>

#include "tests/lab/efa_device/data_path/test_guest.h"
#include "tests/support/catch.h"

using namespace efa::lab;
using namespace efa::lab::test;

namespace {

/// Two endpoints that know each other, as RDMA wants it.
struct RdmaPair : Pair {
  explicit RdmaPair(const QueuePairOptions& options = {}) : Pair(options) {
    to_a = b.handle_for(guest_a);
  }

  [[nodiscard]] Work rdma(Operation operation, std::uint32_t local, std::uint32_t remote,
                          std::uint32_t bytes) const {
    Work made = work(operation);
    made.buffers({a.buffer(local, bytes)}).remote(b.buffer(remote, bytes));
    return made;
  }

  std::uint16_t to_a = 0;
};

}  // namespace

TEST_CASE("an RDMA read brings the other side's memory, and both sides count it") {
  RdmaPair test;
  const std::uint32_t bytes = max_message + 100;
  test.guest_b.write(test.b.memory + 4000, "there");
  test.a.post(test.rdma(Operation::rdma_read, 10, 4000, bytes));

  const auto done = test.a.completions.poll();
  REQUIRE(done);
  CHECK(done->status == CompletionStatus::ok);
  CHECK(done->flags == (completion_of_send | completion_phase | 1U << completion_operation_shift));
  CHECK(test.guest_a.read(test.a.memory + 10, 5) == "there");
  CHECK_FALSE(test.b.completions.poll());
  CHECK(test.guest_a.counted() ==
        Counts{
            {"rdma_read_wrs", 1}, {"rdma_read_bytes", bytes}, {"rx_bytes", bytes}, {"rx_pkts", 2}});
  CHECK(test.guest_b.counted() ==
        Counts{{"rdma_read_resp_bytes", bytes}, {"tx_bytes", bytes}, {"tx_pkts", 2}});
}

TEST_CASE("an RDMA write fills the other side's memory, and both sides count it") {
  RdmaPair test;
  const std::uint32_t bytes = 2 * max_message - 3000;
  test.guest_a.write(test.a.memory, "here");
  test.guest_a.write(test.a.memory + bytes - 3, "end");
  test.a.post(test.rdma(Operation::rdma_write, 0, 100, bytes));

  CHECK(test.a.completions.status() == CompletionStatus::ok);
  CHECK(test.guest_b.read(test.b.memory + 100, 4) == "here");
  CHECK(test.guest_b.read(test.b.memory + 100 + bytes - 3, 3) == "end");
  CHECK_FALSE(test.b.completions.poll());
  CHECK(test.guest_a.counted() == Counts{{"rdma_write_wrs", 1},
                                         {"rdma_write_bytes", bytes},
                                         {"tx_bytes", bytes},
                                         {"tx_pkts", 2}});
  CHECK(test.guest_b.counted() ==
        Counts{{"rdma_write_recv_bytes", bytes}, {"rx_bytes", bytes}, {"rx_pkts", 2}});
}

TEST_CASE("RDMA of no bytes needs no buffer") {
  RdmaPair test;
  const auto operation = GENERATE(Operation::rdma_read, Operation::rdma_write);
  test.a.post(test.work(operation));
  CHECK(test.a.completions.status() == CompletionStatus::ok);
  test.a.post(test.rdma(operation, 0, 0, 0));
  CHECK(test.a.completions.status() == CompletionStatus::ok);
}

TEST_CASE("a write with immediate data takes a receive work request, not its buffer") {
  RdmaPair test;
  test.guest_a.write(test.a.memory, "here");
  test.b.post_receive(42, {test.b.buffer(8000, 10)});
  test.a.post(test.rdma(Operation::rdma_write, 0, 100, 4).immediate(0xabcd));

  CHECK(test.a.completions.status() == CompletionStatus::ok);
  const auto arrived = test.b.completions.poll();
  REQUIRE(arrived);
  CHECK(arrived->id == 42);
  CHECK(arrived->flags == (completion_of_receive | completion_phase | completion_immediate |
                           2U << completion_operation_shift));
  CHECK(arrived->immediate == 0xabcd);
  CHECK(arrived->length == 4);
  CHECK(arrived->address_handle == test.to_a);
  CHECK(test.guest_b.read(test.b.memory + 100, 4) == "here");
  CHECK(test.guest_b.read(test.b.memory + 8000, 1) == std::string(1, '\0'));
  CHECK(test.guest_b.counted() ==
        Counts{{"rdma_write_recv_bytes", 4}, {"rx_bytes", 4}, {"rx_pkts", 1}});
}

TEST_CASE("a write with immediate data writes nothing before it has a receive work request") {
  RdmaPair test;
  test.guest_a.write(test.a.memory, "here");
  test.a.post(test.rdma(Operation::rdma_write, 0, 100, 4).immediate(0xabcd));
  CHECK_FALSE(test.a.completions.poll());
  CHECK(test.guest_b.read(test.b.memory + 100, 1) == std::string(1, '\0'));
  test.b.post_receive(42, {test.b.buffer(8000, 10)});
  CHECK(test.a.completions.status() == CompletionStatus::ok);
  CHECK(test.b.completions.status() == CompletionStatus::ok);
  CHECK(test.guest_b.read(test.b.memory + 100, 4) == "here");
  CHECK(test.guest_a.counted() == Counts{
                                      {"rdma_write_wrs", 1},
                                      {"rdma_write_bytes", 4},
                                      {"tx_bytes", 4},
                                      {"tx_pkts", 1},
                                  });
}

TEST_CASE("an unsolicited write with immediate data takes no receive work request") {
  RdmaPair test({.unsolicited = true});
  test.b.post_receive(42, {test.b.buffer(8000, 10)});
  test.a.post(test.rdma(Operation::rdma_write, 0, 100, 4).immediate(0xabcd));
  CHECK(test.a.completions.status() == CompletionStatus::ok);
  const auto arrived = test.b.completions.poll();
  REQUIRE(arrived);
  CHECK((arrived->flags & completion_unsolicited) != 0);
  CHECK(arrived->immediate == 0xabcd);

  test.a.post(test.send(3));
  const auto sent = test.b.completions.poll();
  REQUIRE(sent);
  CHECK(sent->id == 42);
  CHECK((sent->flags & completion_unsolicited) == 0);
}

TEST_CASE("the length of a write with immediate data has 32 bits") {
  Network network;
  Guest guest(network, 1);
  const Endpoint endpoint(guest, {.unsolicited = true});
  Endpoint target(guest, {.unsolicited = true});
  const auto handle = target.handle_for(guest);
  // All pages of a region of 128 KiB are the same one.
  const std::uint64_t list = guest.bus.allocate(4096);
  for (std::uint64_t i = 0; i < 32; i++) {
    guest.put(list + i * 8, endpoint.memory);
  }
  const Command command = register_region(target.domain, 0, 32 * 4096, all_access);
  const auto key =
      guest.ask<std::uint32_t>(AdminOp::reg_mr, with_list(command, list, 256), 0, ctrl_data);
  const Buffer buffer{.length = 70000, .key = key, .address = 5};
  target.post(Work(Operation::rdma_write, 1)
                  .to(handle, target.number, Endpoint::qkey)
                  .buffers({buffer})
                  .remote(buffer)
                  .immediate(1));
  const auto arrived = target.completions.poll();
  REQUIRE(arrived);
  CHECK((arrived->flags & completion_unsolicited) != 0);
  CHECK(arrived->length == 70000 - 65536);
  CHECK(load<std::uint16_t>(arrived->extension) == 1);
}

TEST_CASE("a write brings its bytes in a work request of 128 bytes") {
  RdmaPair test({.work_request_size = 128});
  const std::string text = std::string(79, 'x') + "y";
  test.a.post(test.work(Operation::rdma_write)
                  .inline_data(text)
                  .remote(test.b.buffer(200, static_cast<std::uint32_t>(text.size()))));
  CHECK(test.a.completions.status() == CompletionStatus::ok);
  CHECK(test.guest_b.read(test.b.memory + 200, 80) == text);
  CHECK(test.guest_a.counted() ==
        Counts{{"rdma_write_wrs", 1}, {"rdma_write_bytes", 80}, {"tx_bytes", 80}, {"tx_pkts", 1}});

  test.a.post(test.work(Operation::rdma_write).inline_data(text).remote(test.b.buffer(200, 79)));
  CHECK(test.a.completions.status() == CompletionStatus::bad_length);
  test.a.post(
      test.work(Operation::rdma_write).inline_data(text).length(81).remote(test.b.buffer(200, 81)));
  CHECK(test.a.completions.status() == CompletionStatus::bad_length);
}

TEST_CASE("inline data is for writes, and not in 64 bytes") {
  const auto [operation, size] = GENERATE(table<Operation, std::uint32_t>(
      {{Operation::rdma_write, 64}, {Operation::rdma_read, 64}, {Operation::rdma_read, 128}}));
  RdmaPair test({.work_request_size = size});
  test.a.post(test.work(operation).inline_data("abc").remote(test.b.buffer(0, 3)));
  CHECK(test.a.completions.status() == CompletionStatus::unsupported_operation);
}

TEST_CASE("RDMA within one buffer that overlaps itself moves it") {
  Network network;
  Guest guest(network, 1);
  Endpoint endpoint(guest);
  const auto handle = endpoint.handle_for(guest);
  guest.write(endpoint.memory, "abcdef");
  endpoint.post(Work(Operation::rdma_write, 1)
                    .to(handle, endpoint.number, Endpoint::qkey)
                    .buffers({endpoint.buffer(0, 6)})
                    .remote(endpoint.buffer(2, 6)));
  CHECK(endpoint.completions.status() == CompletionStatus::ok);
  CHECK(guest.read(endpoint.memory, 8) == "ababcdef");
}

TEST_CASE("RDMA of another length than its buffer's, or of several buffers, is of a bad length") {
  RdmaPair test;
  const auto operation = GENERATE(Operation::rdma_read, Operation::rdma_write);
  test.a.post(test.work(operation).buffers({test.a.buffer(0, 5)}).remote(test.b.buffer(0, 6)));
  CHECK(test.a.completions.status() == CompletionStatus::bad_length);
  test.a.post(test.rdma(operation, 0, 0, 5).length(2));
  CHECK(test.a.completions.status() == CompletionStatus::bad_length);
  test.a.post(test.rdma(operation, 0, 0, max_rdma + 1));
  CHECK(test.a.completions.status() == CompletionStatus::bad_length);
}

TEST_CASE("a remote address that may not be reached is refused, and counted as an error") {
  RdmaPair test;
  Buffer beyond = test.b.buffer(Endpoint::region_size - 4, 5);
  Buffer forbidden = test.b.buffer(0, 5);
  forbidden.key = test.b.register_memory(local_write_only);
  Buffer unknown = test.b.buffer(0, 5);
  unknown.key = 99;
  for (const Buffer& remote : {beyond, forbidden, unknown}) {
    for (const Operation operation : {Operation::rdma_read, Operation::rdma_write}) {
      test.a.post(test.work(operation).buffers({test.a.buffer(0, 5)}).remote(remote));
      CHECK(test.a.completions.status() == CompletionStatus::bad_remote_address);
    }
  }
  CHECK(test.guest_a.counted() == Counts{{"rdma_read_wrs", 3},
                                         {"rdma_read_wr_err", 3},
                                         {"rdma_write_wrs", 3},
                                         {"rdma_write_wr_err", 3}});
  CHECK(test.guest_b.counted().empty());
}

TEST_CASE("RDMA from a peer without an address handle there is refused") {
  Pair test;
  const auto operation = GENERATE(Operation::rdma_read, Operation::rdma_write);
  test.a.post(test.work(operation).buffers({test.a.buffer(0, 5)}).remote(test.b.buffer(0, 5)));
  CHECK(test.a.completions.status() == CompletionStatus::unknown_peer);
}

TEST_CASE("reading into memory that may not be written is refused") {
  RdmaPair test;
  Buffer local = test.a.buffer(0, 5);
  local.key = test.a.register_memory(0);
  test.a.post(test.work(Operation::rdma_read).buffers({local}).remote(test.b.buffer(0, 5)));
  CHECK(test.a.completions.status() == CompletionStatus::bad_local_key);
  test.a.post(test.work(Operation::rdma_write).buffers({local}).remote(test.b.buffer(0, 5)));
  CHECK(test.a.completions.status() == CompletionStatus::ok);
}

TEST_CASE("RDMA that the device lacks is unsupported, the other kind is not") {
  const bool read = GENERATE(true, false);
  Profile profile;
  (read ? profile.rdma_read : profile.rdma_write) = false;
  Network network;
  Guest guest(network, 1, profile);
  Endpoint endpoint(guest);
  const auto handle = endpoint.handle_for(guest);
  guest.write(endpoint.memory, "abc");
  const auto status_of = [&](Operation operation) {
    endpoint.post(Work(operation, 1)
                      .to(handle, endpoint.number, Endpoint::qkey)
                      .buffers({endpoint.buffer(0, 3)})
                      .remote(endpoint.buffer(10, 3)));
    return endpoint.completions.status();
  };
  CHECK(status_of(read ? Operation::rdma_read : Operation::rdma_write) ==
        CompletionStatus::unsupported_operation);
  CHECK(guest.counted() == Counts{{read ? "rdma_read_wr_err" : "rdma_write_wr_err", 1}});
  CHECK(guest.read(endpoint.memory, 3) == "abc");
  CHECK(guest.read(endpoint.memory + 10, 1) == std::string(1, '\0'));
  CHECK(status_of(read ? Operation::rdma_write : Operation::rdma_read) == CompletionStatus::ok);
}

TEST_CASE("there is no RDMA between datagram queue pairs") {
  RdmaPair test({.reliable = false});
  test.a.post(test.rdma(Operation::rdma_write, 0, 0, 5));
  CHECK(test.a.completions.status() == CompletionStatus::unsupported_operation);
}
