#include "tests/lab/efa_device/vfio_user/connection.h"

#include <cerrno>
#include <random>

#include "tests/lab/efa_device/vfio_user/fake_client.h"
#include "tests/support/catch.h"

namespace efa::lab::vfio_user {
namespace {

using test::Body;
using test::FakeClient;

struct Ends {
  std::pair<UniqueFd, UniqueFd> sockets = test::socket_pair();
  FakeClient client{std::move(sockets.first)};
  Connection connection{std::move(sockets.second)};
};

Body message(Command command, std::uint32_t size) {
  return Body().add(std::uint16_t{1}).add(command).add(size).add(0).add(0);
}

TEST_CASE("messages come one by one, with their descriptors") {
  Ends ends;
  const UniqueFd file = test::memory_file(1);
  ends.client.send(Command::dma_map, Body().add(1), {file.get(), file.get()});
  ends.client.send(Command::device_info, Body());
  Received first = ends.connection.receive();
  REQUIRE(std::holds_alternative<Message>(first));
  CHECK(std::get<Message>(first).header.command == Command::dma_map);
  CHECK(std::get<Message>(first).body == Body().add(1).bytes());
  CHECK(std::get<Message>(first).descriptors.size() == 2);
  Received second = ends.connection.receive();
  REQUIRE(std::holds_alternative<Message>(second));
  CHECK(std::get<Message>(second).header.command == Command::device_info);
  CHECK(std::get<Message>(second).body.empty());
  CHECK(std::get<Message>(second).descriptors.empty());
  CHECK(std::holds_alternative<NothingYet>(ends.connection.receive()));
}

TEST_CASE("a message may come byte by byte") {
  Ends ends;
  const auto bytes = message(Command::region_info, 20).add(7).bytes();
  for (const std::uint8_t byte : bytes) {
    CHECK(std::holds_alternative<NothingYet>(ends.connection.receive()));
    ends.client.send(Bytes(&byte, 1));
  }
  Received received = ends.connection.receive();
  REQUIRE(std::holds_alternative<Message>(received));
  CHECK(std::get<Message>(received).body == Body().add(7).bytes());
}

TEST_CASE("a client that leaves between messages just leaves") {
  Ends ends;
  ends.client.leave();
  const Received received = ends.connection.receive();
  REQUIRE(std::holds_alternative<Ended>(received));
  CHECK(std::get<Ended>(received).why.empty());
}

TEST_CASE("what is no message ends the connection, and says why") {
  Ends ends;
  std::string expected;
  SECTION("shorter than a header") {
    ends.client.send(message(Command::version, 15).bytes());
    expected = "a message of impossible size";
  }
  SECTION("longer than any") {
    ends.client.send(message(Command::version, 0xffffffff).bytes());
    expected = "a message of impossible size";
  }
  SECTION("cut off") {
    ends.client.send(message(Command::version, 100).bytes());
    ends.client.leave();
    expected = "a message that ends too early";
  }
  SECTION("too many descriptors") {
    const UniqueFd file = test::memory_file(1);
    ends.client.send(message(Command::set_irqs, 16).bytes(), std::vector<int>(17, file.get()));
    expected = "more descriptors than it may send";
  }
  const Received received = ends.connection.receive();
  REQUIRE(std::holds_alternative<Ended>(received));
  CHECK(std::get<Ended>(received).why == expected);
}

TEST_CASE("too many descriptors in parts are too many, too") {
  Ends ends;
  const UniqueFd file = test::memory_file(1);
  const auto bytes = message(Command::set_irqs, 18).add('a').add('b').bytes();
  ends.client.send(Bytes(bytes).first(16), std::vector<int>(10, file.get()));
  CHECK(std::holds_alternative<NothingYet>(ends.connection.receive()));
  ends.client.send(Bytes(bytes).subspan(16), std::vector<int>(10, file.get()));
  CHECK(std::holds_alternative<Ended>(ends.connection.receive()));
}

TEST_CASE("any bytes give messages, or an end") {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    Ends ends;
    std::vector<std::uint8_t> bytes(random() % 2000);
    for (std::uint8_t& byte : bytes) {
      byte = static_cast<std::uint8_t>(random() % 4 == 0 ? random() % 64 : 0);
    }
    ends.client.send(bytes);
    ends.client.leave();
    std::size_t messages = 0;
    while (std::holds_alternative<Message>(ends.connection.receive())) {
      ++messages;
    }
    CHECK(messages <= bytes.size() / header_size);
  }
}

TEST_CASE("nothing can be sent to a client that has left") {
  Ends ends;
  CHECK(ends.connection.send({}));
  ends.client.leave();
  CHECK_FALSE(ends.connection.send(Body().add(1).bytes()));
}

}  // namespace
}  // namespace efa::lab::vfio_user
