#include <cstdint>
#include <optional>
#include <vector>

#include "tests/lab/efa_device/data_path/test_guest.h"
#include "tests/support/catch.h"

using namespace efa::lab;
using namespace efa::lab::test;

namespace {

constexpr std::uint32_t arm = 1U << 31;

/// Completion queues alone, without anything that completes.
struct Queues {
  FakeBus bus;
  EventQueues events{bus};
  CompletionQueues completions{bus, events};
  std::array<std::uint8_t, 56> answer{};

  std::uint16_t create_events(std::uint64_t base, std::uint16_t depth, std::uint8_t vector) {
    REQUIRE(events.create(create_event_queue(base, depth, vector).bytes(), answer) ==
            AdminStatus::success);
    return load<std::uint16_t>(answer);
  }
  std::uint16_t create(const Command& command) {
    REQUIRE(completions.create(command.bytes(), answer) == AdminStatus::success);
    return load<std::uint16_t>(answer);
  }
  std::uint8_t byte(std::uint64_t address) { return bus.memory(address, 1)[0]; }
};

CompletionEntry entry(std::uint16_t id) {
  CompletionEntry made;
  made.id = id;
  made.flags = completion_of_receive;
  made.immediate = 0x1234;
  made.extension.fill(0xee);
  return made;
}

}  // namespace

TEST_CASE("the phase of a completion queue turns over with each lap") {
  Queues queues;
  const std::uint64_t base = queues.bus.allocate(4096);
  const auto queue = queues.create(create_completion_queue(base, 4, long_completion));
  for (std::uint16_t i = 0; i < 12; i++) {
    queues.completions.post(queue, entry(i));
    const std::uint64_t at = base + i % 4 * long_completion;
    CHECK(load<std::uint16_t>(queues.bus.memory(at, 2)) == i);
    CHECK((queues.byte(at + 3) & completion_phase) == (i / 4 % 2 == 0 ? 1 : 0));
  }
}

TEST_CASE("an entry of 16 bytes leaves its neighbour alone") {
  Queues queues;
  const std::uint64_t base = queues.bus.allocate(4096);
  const auto queue = queues.create(create_completion_queue(base, 4, short_completion));
  queues.completions.post(queue, entry(7));
  CHECK(load<std::uint32_t>(queues.bus.memory(base + 12, 4)) == 0x1234);
  CHECK(queues.byte(base + 16) == 0);
  queues.completions.post(queue, entry(8));
  CHECK(load<std::uint16_t>(queues.bus.memory(base + 16, 2)) == 8);
}

TEST_CASE("an entry of 32 bytes has its extension") {
  Queues queues;
  const std::uint64_t base = queues.bus.allocate(4096);
  const auto queue = queues.create(create_completion_queue(base, 4, long_completion));
  queues.completions.post(queue, entry(7));
  CHECK(queues.byte(base + 16) == 0xee);
  CHECK(queues.byte(base + 31) == 0xee);
  CHECK(queues.byte(base + 32) == 0);
}

TEST_CASE("a completion for a queue that is gone, or out of memory, goes nowhere") {
  Queues queues;
  const auto queue = queues.create(create_completion_queue(0xffff'ffff'ffff'fff0, 4, 32));
  queues.completions.post(queue, entry(7));
  queues.completions.post(9, entry(7));
  queues.events.post(9, queue);
  CHECK(queues.bus.interrupts.empty());
}

TEST_CASE("an armed completion queue posts one event, which raises the interrupt once") {
  Queues queues;
  const std::uint64_t base = queues.bus.allocate(4096);
  const std::uint64_t event_base = queues.bus.allocate(4096);
  const auto events = queues.create_events(event_base, 4, 3);
  const auto queue =
      queues.create(with_events(create_completion_queue(base, 8, long_completion), events));
  queues.events.doorbell(arm | events);

  queues.completions.post(queue, entry(0));
  CHECK(queues.bus.interrupts.empty());

  queues.completions.doorbell(queue, arm);
  queues.completions.post(queue, entry(1));
  queues.completions.post(queue, entry(2));
  CHECK(queues.bus.interrupts == std::vector<unsigned>{3});
  CHECK(queues.byte(event_base) == 1);
  CHECK(load<std::uint16_t>(queues.bus.memory(event_base + 8, 2)) == queue);
  CHECK(queues.byte(event_base + 16) == 0);
}

TEST_CASE("a doorbell without the arm bit arms nothing") {
  Queues queues;
  const std::uint64_t base = queues.bus.allocate(4096);
  const auto events = queues.create_events(queues.bus.allocate(4096), 4, 3);
  const auto queue =
      queues.create(with_events(create_completion_queue(base, 8, long_completion), events));
  queues.events.doorbell(events);
  queues.completions.doorbell(queue, 5);
  queues.completions.post(queue, entry(0));
  queues.completions.doorbell(queue, arm);
  queues.completions.post(queue, entry(0));
  CHECK(queues.bus.interrupts.empty());
}

TEST_CASE("a completion queue without events cannot be armed") {
  Queues queues;
  const std::uint64_t base = queues.bus.allocate(4096);
  const auto events = queues.create_events(queues.bus.allocate(4096), 4, 3);
  const auto queue = queues.create(create_completion_queue(base, 8, long_completion));
  queues.events.doorbell(arm | events);
  queues.completions.doorbell(queue, arm);
  queues.completions.post(queue, entry(0));
  CHECK(queues.bus.interrupts.empty());
}

TEST_CASE("events that came while the event queue was not armed raise the interrupt when it is") {
  Queues queues;
  const auto events = queues.create_events(queues.bus.allocate(4096), 4, 3);
  queues.events.post(events, 1);
  queues.events.post(events, 2);
  CHECK(queues.bus.interrupts.empty());
  queues.events.doorbell(arm | events);
  CHECK(queues.bus.interrupts.size() == 1);
  queues.events.doorbell(arm | events);
  CHECK(queues.bus.interrupts.size() == 1);
  queues.events.post(events, 1);
  CHECK(queues.bus.interrupts.size() == 2);
}

TEST_CASE("the phase of an event queue turns over with each lap") {
  Queues queues;
  const std::uint64_t base = queues.bus.allocate(4096);
  const auto events = queues.create_events(base, 4, 3);
  for (std::uint16_t i = 0; i < 12; i++) {
    queues.events.post(events, i);
    const std::uint64_t at = base + i % 4 * 16;
    CHECK(queues.byte(at) == (i / 4 % 2 == 0 ? 1 : 0));
    CHECK(load<std::uint16_t>(queues.bus.memory(at + 8, 2)) == i);
  }
}

TEST_CASE("the doorbells of a device reach its completion and event queues") {
  Network network;
  Guest guest(network, 1);
  const auto events =
      guest.ask(AdminOp::create_eq, create_event_queue(guest.bus.allocate(4096), 16, 5));
  const Command command = create_completion_queue(guest.bus.allocate(4096), 16, long_completion);
  const auto queue = guest.ask(AdminOp::create_cq, with_events(command, events));
  const auto doorbell = guest.answer<std::uint32_t>(4);
  const auto domain = guest.ask(AdminOp::alloc_pd, {});
  (void)guest.ask(AdminOp::create_qp,
                  create_queue_pair(domain, queue, guest.bus.allocate(4096), {}));
  const auto send_doorbell = guest.answer<std::uint32_t>(12);

  guest.device.event_queue_doorbell(arm | events);
  guest.device.doorbell(doorbell, arm);
  guest.device.doorbell(send_doorbell, 1);  // is flushed: it is in no state to send
  CHECK(guest.bus.interrupts == std::vector<unsigned>{5});
}

TEST_CASE("a doorbell of nobody does nothing") {
  Network network;
  Guest guest(network, 1);
  for (const std::uint64_t offset :
       {std::uint64_t{0}, std::uint64_t{0x1800}, std::uint64_t{completion_doorbells},
        doorbell_bar_size - 4, doorbell_bar_size, ~std::uint64_t{0}}) {
    guest.device.doorbell(offset, arm | 1);
  }
  guest.device.event_queue_doorbell(arm | 1);
  CHECK(guest.bus.interrupts.empty());
}
