#include "tests/lab/efa_device/vfio_user/server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <random>
#include <thread>

#include "tests/lab/efa_device/pci.h"
#include "tests/lab/efa_device/vfio_user/fake_client.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace efa::lab::vfio_user {
namespace {

using test::Body;
using test::FakeClient;

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t guest_address = 0x40000000;

/// A server of one device, and clients for it one after the other.
class Served {
 public:
  FakeClient connect() {
    end();
    auto [here, there] = test::socket_pair();
    thread_ = std::thread([this, fd = there.release()] { server.serve(UniqueFd(fd)); });
    return FakeClient(std::move(here));
  }
  /// Waits for the client's leaving.
  void end() {
    if (thread_.joinable()) {
      thread_.join();
    }
  }
  ~Served() {
    server.stop();
    end();
  }

  efa::test::ManualClock clock;
  Log log{-1};
  Fabric fabric;
  Server server{{}, 0, fabric, clock, log};

 private:
  std::thread thread_;
};

Body index_body(std::uint32_t index) { return Body().add(std::uint64_t{32}).add(index); }

Body irqs(std::uint32_t flags, std::uint32_t start, std::uint32_t count) {
  return Body().add(std::uint32_t{20}).add(flags).add(msix_index).add(start).add(count);
}

Body access(std::uint32_t region, std::uint64_t offset, std::uint32_t count) {
  return Body().add(offset).add(region).add(count);
}

std::uint32_t word_of(const UniqueFd& file, std::uint64_t offset) {
  std::uint32_t value = 0;
  REQUIRE(::pread(file.get(), &value, sizeof value, static_cast<off_t>(offset)) == sizeof value);
  return value;
}

TEST_CASE("a client learns what device it has") {
  Served served;
  FakeClient client = served.connect();
  const auto version = client.say_version();
  REQUIRE(version);
  CHECK(load<std::uint32_t>(version->body) == 0);
  const auto info = client.ask(Command::device_info, index_body(0));
  REQUIRE(info);
  CHECK(load<std::uint32_t>(info->body, 8) == 9);
  CHECK(load<std::uint32_t>(info->body, 12) == 5);
  const auto registers = client.ask(Command::region_info, index_body(register_region));
  REQUIRE(registers);
  CHECK(load<std::uint32_t>(registers->body, 4) == 3);
  CHECK(load<std::uint64_t>(registers->body, 16) == 0x4000);
  CHECK_FALSE(registers->descriptor);
  const auto absent = client.ask(Command::region_info, index_body(0xffffffff));
  REQUIRE(absent);
  CHECK(load<std::uint64_t>(absent->body, 16) == 0);
  const auto vectors = client.ask(Command::irq_info, index_body(msix_index));
  REQUIRE(vectors);
  CHECK(load<std::uint32_t>(vectors->body, 12) == interrupt_vectors);
}

TEST_CASE("the send rings' memory comes with their region") {
  Served served;
  FakeClient client = served.connect();
  const auto rings = client.ask(Command::region_info, index_body(llq_region));
  REQUIRE(rings);
  CHECK(load<std::uint32_t>(rings->body, 4) == 7);
  REQUIRE(rings->descriptor);
  const Body data = access(llq_region, 64, 8).add(std::uint64_t{0x1122334455667788});
  REQUIRE(client.ask(Command::region_write, data));
  CHECK(word_of(rings->descriptor, 64) == 0x55667788);
}

TEST_CASE("the configuration space is read and written, BARs are read") {
  Served served;
  FakeClient client = served.connect();
  const auto ids = client.ask(Command::region_read, access(config_region, 0, 4));
  REQUIRE(ids);
  REQUIRE(ids->body.size() == 20);
  CHECK(load<std::uint32_t>(ids->body, 16) == 0xefa11d0f);
  REQUIRE(
      client.ask(Command::region_write, access(config_region, 4, 2).add(std::uint16_t{0x0406})));
  const auto command = client.ask(Command::region_read, access(config_region, 4, 2));
  REQUIRE(command);
  CHECK(load<std::uint16_t>(command->body, 16) == 0x0406);
  const auto version = client.ask(Command::region_read, access(register_region, 0, 4));
  REQUIRE(version);
  CHECK(load<std::uint32_t>(version->body, 16) == 3);
}

TEST_CASE("a device reads and writes mapped memory, and raises an eventfd") {
  Served served;
  FakeClient client = served.connect();
  const UniqueFd file = test::memory_file(16 * page);
  const UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  REQUIRE(client.say_version());
  REQUIRE(client.map(guest_address, 16 * page, file.get()));
  const auto set = client.ask(Command::set_irqs, irqs(0x24, 0, 1), {event.get()});
  REQUIRE(set);
  CHECK(set->errno_value == 0);
  // The driver's reset, each step seen by a read of the status.
  const auto status = [&](std::uint16_t id) {
    REQUIRE(client.write(register_region, 0x60, guest_address));
    REQUIRE(client.write(register_region, 0x5c, 0x58U << 16 | id));
    CHECK(word_of(file, 0) == (0x58U << 16 | id));
    return word_of(file, 4);
  };
  REQUIRE(client.write(register_region, 0x54, 1));
  CHECK(status(1) == 9);
  REQUIRE(client.write(register_region, 0x54, 0));
  CHECK(status(2) == 1);
  // One admin command: its answer, and the interrupt.
  REQUIRE(client.write(register_region, 0x10, guest_address + page));
  REQUIRE(client.write(register_region, 0x18, 64U << 16 | 32));
  REQUIRE(client.write(register_region, 0x20, guest_address + 2 * page));
  REQUIRE(client.write(register_region, 0x28, 64U << 16 | 32));
  const std::array<std::uint8_t, 4> request = {5, 0, 13, 1};
  REQUIRE(::pwrite(file.get(), request.data(), request.size(), page) == 4);
  REQUIRE(client.write(register_region, 0x2c, 1));
  CHECK(word_of(file, 2 * page) == (5U | 1U << 24));
  std::uint64_t raised = 0;
  REQUIRE(::read(event.get(), &raised, sizeof raised) == sizeof raised);
  CHECK(raised == 1);
}

TEST_CASE("memory that is unmapped is not touched any more") {
  Served served;
  FakeClient client = served.connect();
  const UniqueFd file = test::memory_file(page);
  REQUIRE(client.map(guest_address, page, file.get()));
  const Body range =
      Body().add(std::uint32_t{24}).add(std::uint32_t{0}).add(guest_address).add(page);
  const auto unmapped = client.ask(Command::dma_unmap, range);
  REQUIRE(unmapped);
  CHECK(unmapped->body == range.bytes());
  REQUIRE(client.write(register_region, 0x60, guest_address));
  REQUIRE(client.write(register_region, 0x5c, 1));
  CHECK(word_of(file, 0) == 0);
  const auto again = client.ask(Command::dma_unmap, range);
  REQUIRE(again);
  CHECK(again->errno_value == ENOENT);
}

TEST_CASE("requests without a reply are done and not replied to") {
  Served served;
  FakeClient client = served.connect();
  client.send(Command::region_write, access(config_region, 4, 1).add('\x06'), {}, 0x10);
  const auto command = client.ask(Command::region_read, access(config_region, 4, 1));
  REQUIRE(command);
  CHECK(command->body.back() == 6);
}

TEST_CASE("what the server does not know is an error, and the client stays") {
  Served served;
  FakeClient client = served.connect();
  const auto unknown = client.ask(static_cast<Command>(99), Body());
  REQUIRE(unknown);
  CHECK(unknown->errno_value == ENOTSUP);
  const auto outside = client.ask(Command::region_read, access(config_region, 250, 100));
  REQUIRE(outside);
  CHECK(outside->errno_value == EINVAL);
  const auto absent = client.write(6, 0, 0);
  REQUIRE(absent);
  CHECK(absent->errno_value == EINVAL);
  const auto vector = client.ask(Command::set_irqs, irqs(0x24, 9, 1));
  REQUIRE(vector);
  CHECK(vector->errno_value == EINVAL);
  CHECK(client.say_version());
}

TEST_CASE("a client that sends nonsense is sent away, and the next one is served") {
  Served served;
  FakeClient client = served.connect();
  SECTION("a message too short for its command") { client.send(Command::dma_map, Body().add(1)); }
  SECTION("another protocol") { client.send(Command::version, Body().add(std::uint32_t{1})); }
  SECTION("a map of what its file does not hold") {
    const UniqueFd file = test::memory_file(page);
    client.send(Command::dma_map,
                Body()
                    .add(std::uint64_t{3ULL << 32})
                    .add(std::uint64_t{0})
                    .add(guest_address)
                    .add(2 * page),
                {file.get()});
  }
  SECTION("a read of more than there can be") {
    client.send(Command::region_read, access(config_region, 0, 0xffffffff));
  }
  SECTION("a write of less than it says") {
    client.send(Command::region_write, access(config_region, 0, 4));
  }
  SECTION("no message at all") { client.send(std::vector<std::uint8_t>(100, 0xff)); }
  CHECK(client.sent_away());
  FakeClient next = served.connect();
  CHECK(next.say_version());
}

TEST_CASE("random messages send away at most their sender") {
  Served served;
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    FakeClient client = served.connect();
    for (int i = 0; i < 20; ++i) {
      Body body;
      for (std::size_t left = random() % 64; left > 0; --left) {
        body.add(static_cast<std::uint8_t>(random() % 3 == 0 ? random() : random() % 8));
      }
      client.send(static_cast<Command>(random() % 16), body, {}, 0x10);
    }
  }
  FakeClient client = served.connect();
  CHECK(client.say_version());
}

TEST_CASE("all that a client brought is gone with it") {
  Served served;
  const UniqueFd file = test::memory_file(page);
  FakeClient client = served.connect();
  REQUIRE(client.map(guest_address, page, file.get()));
  REQUIRE(client.write(register_region, 0x60, guest_address));
  REQUIRE(client.ask(Command::region_write, access(config_region, 4, 1).add('\x06')));
  client.leave();
  FakeClient next = served.connect();
  REQUIRE(next.write(register_region, 0x5c, 7));
  CHECK(word_of(file, 0) == 0);
  REQUIRE(next.map(guest_address, page, file.get()));
  const auto command = next.ask(Command::region_read, access(config_region, 4, 1));
  REQUIRE(command);
  CHECK(command->body.back() == 0);
}

TEST_CASE("a device that control has changed is looked at again") {
  Served served;
  FakeClient client = served.connect();
  const UniqueFd file = test::memory_file(3 * page);
  const UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  REQUIRE(client.map(guest_address, 3 * page, file.get()));
  REQUIRE(client.ask(Command::set_irqs, irqs(0x24, 0, 1), {event.get()}));
  REQUIRE(client.write(register_region, 0x10, guest_address + page));
  REQUIRE(client.write(register_region, 0x18, 64U << 16 | 32));
  REQUIRE(client.write(register_region, 0x20, guest_address + 2 * page));
  REQUIRE(client.write(register_region, 0x28, 64U << 16 | 32));
  {
    const std::lock_guard lock(served.fabric.mutex());
    served.server.device().admin_faults().delay(std::chrono::hours(1));
  }
  REQUIRE(client.write(register_region, 0x2c, 1));
  CHECK(word_of(file, 2 * page) == 0);
  {
    const std::lock_guard lock(served.fabric.mutex());
    served.server.device().heal();
  }
  served.server.look_again();
  pollfd interrupt = {.fd = event.get(), .events = POLLIN, .revents = 0};
  REQUIRE(::poll(&interrupt, 1, 20'000) == 1);
  CHECK(word_of(file, 2 * page) >> 24 == 1);
}

}  // namespace
}  // namespace efa::lab::vfio_user
