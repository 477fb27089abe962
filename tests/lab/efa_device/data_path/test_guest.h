#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/lab/efa_device/data_path/data_path.h"
#include "tests/lab/efa_device/data_path/test_commands.h"
#include "tests/lab/efa_device/fake_bus.h"
#include "tests/lab/efa_device/faults.h"
#include "tests/lab/efa_device/profile.h"
#include "tests/lab/efa_device/statistics.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace efa::lab::test {

/// What counters moved, and by how much.
using Counts = std::map<std::string, std::uint64_t>;

/// The GID of a test's device.
[[nodiscard]] inline Gid gid_of(std::uint8_t number) { return {0xfe, 0x80, number}; }

/// A network with a clock.
struct Network {
  efa::test::ManualClock clock;
  Fabric fabric;

  void advance(SteadyTime::duration by) {
    clock.advance(by);
    fabric.retry(clock.now());
  }
};

/// A machine with one device.
class Guest {
 public:
  Guest(Network& network, std::uint8_t number, const Profile& profile = {})
      : gid(gid_of(number)),
        statistics(network.clock),
        device(profile, bus, statistics, faults, network.fabric, gid, network.clock) {}

  AdminStatus run(AdminOp op, const Command& command, std::uint8_t flags = 0) {
    answer_ = {};
    return device.execute(op, flags, command.bytes(), answer_);
  }
  /// Of a command that has to succeed.
  template <class T = std::uint16_t>
  T ask(AdminOp op, const Command& command, std::size_t offset = 0, std::uint8_t flags = 0) {
    REQUIRE(run(op, command, flags) == AdminStatus::success);
    return answer<T>(offset);
  }
  template <class T>
  [[nodiscard]] T answer(std::size_t offset) const {
    return load<T>(answer_, offset);
  }

  void write(std::uint64_t address, std::string_view text) {
    const MutableBytes to = bus.memory(address, text.size());
    REQUIRE(to.size() == text.size());
    std::copy(text.begin(), text.end(), to.begin());
  }
  template <class T>
  void put(std::uint64_t address, T value) {
    store(bus.memory(address, sizeof value), 0, value);
  }
  [[nodiscard]] std::string read(std::uint64_t address, std::size_t size) {
    const MutableBytes from = bus.memory(address, size);
    return {from.begin(), from.end()};
  }

  /// What moved since the last time.
  Counts counted() {
    Counts moved;
    for (std::size_t i = 0; i < counter_count; i++) {
      const auto counter = static_cast<Counter>(i);
      const std::uint64_t value = statistics.value(counter);
      if (value != seen_.at(i)) {
        moved[std::string(name_of(counter))] = value - seen_.at(i);
      }
      seen_.at(i) = value;
    }
    return moved;
  }

  const Gid gid;
  FakeBus bus;
  Statistics statistics;
  NetworkFaults faults;
  DataPath device;

 private:
  std::array<std::uint8_t, 56> answer_{};
  std::array<std::uint64_t, counter_count> seen_{};
};

/// A completion queue, read as a guest does.
class Completions {
 public:
  Completions(Guest& guest, std::uint16_t depth, std::size_t entry_size)
      : guest_(guest),
        depth_(depth),
        entry_size_(entry_size),
        base_(guest.bus.allocate(depth * entry_size)),
        number_(guest.ask(AdminOp::create_cq, create_completion_queue(base_, depth, entry_size))) {}

  [[nodiscard]] std::uint16_t number() const { return number_; }

  /// The next entry, if its phase says that it is new.
  std::optional<CompletionEntry> poll() {
    const Bytes at = guest_.bus.memory(base_ + consumed_ % depth_ * entry_size_, entry_size_);
    std::array<std::uint8_t, sizeof(CompletionEntry)> bytes{};
    std::copy(at.begin(), at.end(), bytes.begin());
    const auto entry = load<CompletionEntry>(bytes);
    const bool first_lap = consumed_ / depth_ % 2 == 0;
    if (((entry.flags & completion_phase) != 0) != first_lap) {
      return std::nullopt;
    }
    consumed_++;
    return entry;
  }
  /// The status of the next entry, which has to be there.
  CompletionStatus status() {
    const auto entry = poll();
    REQUIRE(entry);
    return entry->status;
  }

 private:
  Guest& guest_;
  std::uint32_t depth_;
  std::size_t entry_size_;
  std::uint64_t base_;
  std::uint16_t number_;
  std::uint32_t consumed_ = 0;
};

/// A queue pair that is ready to send, its completion queue, and a memory region.
class Endpoint {
 public:
  static constexpr std::uint32_t qkey = 0x11112222;
  static constexpr std::uint64_t start = 0x7000'0000'0000;  // of the region
  static constexpr std::uint32_t region_size = 4 * FakeBus::page;

  explicit Endpoint(Guest& on, const QueuePairOptions& options = {})
      : guest(on),
        domain(on.ask(AdminOp::alloc_pd, {})),
        completions(on, options.completion_depth, options.completion_size),
        memory(on.bus.allocate(region_size)),
        receive_ring(on.bus.allocate(options.receive_depth * sizeof(ReceiveDescriptor))),
        options_(options) {
    key = register_memory(all_access);
    number = guest.ask(AdminOp::create_qp,
                       create_queue_pair(domain, completions.number(), receive_ring, options), 4);
    send_doorbell = guest.answer<std::uint32_t>(12);
    receive_doorbell = guest.answer<std::uint32_t>(16);
    llq = guest.answer<std::uint32_t>(20);
    Command command = modify_queue_pair(number, modifies_all, 3);
    command.put(16, qkey).put(25, options.rnr_retries);
    REQUIRE(guest.run(AdminOp::modify_qp, command) == AdminStatus::success);
  }

  /// Another key for the same memory.
  std::uint32_t register_memory(std::uint8_t permissions) {
    Command command = register_region(domain, start, region_size, permissions);
    for (std::size_t i = 0; i < 4; i++) {
      command.put(4 + i * 8, memory + i * FakeBus::page);
    }
    return guest.ask<std::uint32_t>(AdminOp::reg_mr, command);
  }

  AdminStatus enter(QueuePairState state) {
    return guest.run(AdminOp::modify_qp,
                     modify_queue_pair(number, modifies_state, static_cast<std::uint32_t>(state)));
  }

  /// The handle that leads to a peer.
  std::uint16_t handle_for(const Guest& peer) {
    return guest.ask(AdminOp::create_ah, create_address_handle(domain, peer.gid));
  }

  [[nodiscard]] Buffer buffer(std::uint32_t offset, std::uint32_t length) const {
    return {.length = length, .key = key, .address = start + offset};
  }

  void post(const Work& work) {
    const std::uint32_t slot = posted_ % options_.send_depth;
    guest.device.write_llq(llq + slot * options_.work_request_size,
                           work.bytes().first(options_.work_request_size));
    guest.device.doorbell(send_doorbell, ++posted_);
  }

  /// One receive work request.
  void post_receive(std::uint16_t id, const std::vector<Buffer>& buffers) {
    for (std::size_t i = 0; i < buffers.size(); i++) {
      const std::uint32_t first = i == 0 ? 1U << 30 : 0;
      const std::uint32_t last = i + 1 == buffers.size() ? 1U << 31 : 0;
      const std::uint32_t slot = received_++ % options_.receive_depth;
      guest.put(receive_ring + slot * sizeof(ReceiveDescriptor),
                ReceiveDescriptor{.address = buffers[i].address,
                                  .id = i == 0 ? id : std::uint16_t{0},
                                  .length = static_cast<std::uint16_t>(buffers[i].length),
                                  .control = buffers[i].key | first | last});
    }
    guest.device.doorbell(receive_doorbell, received_);
  }

  Guest& guest;
  std::uint16_t domain;
  Completions completions;
  std::uint64_t memory;  // of the region, in the guest
  std::uint64_t receive_ring;
  std::uint32_t key = 0;
  std::uint16_t number = 0;
  std::uint32_t send_doorbell = 0;
  std::uint32_t receive_doorbell = 0;
  std::uint32_t llq = 0;

 private:
  QueuePairOptions options_;
  std::uint16_t posted_ = 0;
  std::uint16_t received_ = 0;
};

/// Two machines on one network, an endpoint on each, and the way from the first to the second.
struct Pair {
  explicit Pair(const QueuePairOptions& options = {}) : Pair(options, options) {}
  Pair(const QueuePairOptions& options_a, const QueuePairOptions& options_b)
      : a(guest_a, options_a), b(guest_b, options_b), to_b(a.handle_for(guest_b)) {}

  [[nodiscard]] Work work(Operation operation, std::uint16_t id = 1) const {
    Work made(operation, id);
    made.to(to_b, b.number, Endpoint::qkey);
    return made;
  }
  [[nodiscard]] Work send(std::uint32_t bytes, std::uint16_t id = 1) const {
    Work made = work(Operation::send, id);
    made.buffers({a.buffer(0, bytes)});
    return made;
  }

  Network network;
  Guest guest_a{network, 1};
  Guest guest_b{network, 2};
  Endpoint a;
  Endpoint b;
  std::uint16_t to_b;
};

}  // namespace efa::lab::test
