#include "collectors/netlink/netlink_exchange.h"

#include "tests/netlink/fake_transport.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace efa {
namespace {

using test::operator+;
using test::Bytes;
using test::done;
using test::FakeTransport;
using test::message;

constexpr std::uint16_t some_type = 0x140a;
const NetlinkRequest dump{some_type, true, {}};
const NetlinkRequest question{some_type, false, {}};

// Keeps the sizes of what came, and refuses one size.
class Sizes final : public NetlinkAnswer {
 public:
  void begin() override {
    ++begun;
    sizes.clear();
  }
  bool take(std::span<const std::byte> payload) override {
    sizes.push_back(payload.size());
    return payload.size() != refused;
  }

  int begun = 0;
  std::size_t refused = 999;
  std::vector<std::size_t> sizes;
};

struct Fixture {
  test::ManualClock clock;
  FakeTransport transport;
  Sizes answer;

  Result<NetlinkOutcome> ask(const NetlinkRequest& request, NetlinkLimits limits = {}) {
    return NetlinkExchange(transport, clock, limits).ask(request, answer);
  }
};

Bytes part(std::size_t size, std::uint16_t flags = NLM_F_MULTI) {
  return message(some_type, Bytes(size), flags);
}

TEST_CASE("a dump is heard to its end, over several datagrams") {
  Fixture kernel;
  kernel.transport.answer({part(4) + part(8), part(12), done()});
  const auto outcome = kernel.ask(dump);
  REQUIRE(outcome);
  CHECK(outcome->error == 0);
  CHECK_FALSE(outcome->interrupted);
  CHECK(kernel.answer.sizes == std::vector<std::size_t>{4, 8, 12});
  CHECK(kernel.transport.resyncs() == 0);
}

TEST_CASE("the end may come in the last datagram, and what follows it is not read") {
  Fixture kernel;
  kernel.transport.answer({part(4) + done() + part(8)});
  REQUIRE(kernel.ask(dump));
  CHECK(kernel.answer.sizes == std::vector<std::size_t>{4});
}

TEST_CASE("an answer to a question ends with its acknowledgement") {
  Fixture kernel;
  kernel.transport.answer({part(4, 0), test::acknowledgement()});
  const auto outcome = kernel.ask(question);
  REQUIRE(outcome);
  CHECK(outcome->error == 0);
  CHECK_FALSE(outcome->refused);
}

TEST_CASE("an errno in place of an answer is a refusal, one at the end of a dump is not") {
  Fixture kernel;
  kernel.transport.answer({test::acknowledgement(EINVAL)});
  kernel.transport.answer({part(4), done(EINVAL)});
  const auto refused = kernel.ask(dump);
  REQUIRE(refused);
  CHECK(refused->error == EINVAL);
  CHECK(refused->refused);
  const auto failed = kernel.ask(dump);
  REQUIRE(failed);
  CHECK(failed->error == EINVAL);
  CHECK_FALSE(failed->refused);
  CHECK(kernel.transport.resyncs() == 0);
}

TEST_CASE("an acknowledgement without an answer says that the request is not supported") {
  Fixture kernel;
  kernel.transport.answer({test::acknowledgement()});
  const auto outcome = kernel.ask(dump);
  REQUIRE(outcome);
  CHECK(outcome->error == EOPNOTSUPP);
  CHECK(outcome->refused);
}

TEST_CASE("messages of another sequence number are skipped, ends included") {
  Fixture kernel;
  const Bytes stale = message(some_type, Bytes(20), NLM_F_MULTI, 4711) +
                      message(NLMSG_DONE, test::number(-EIO), NLM_F_MULTI, 4711);
  kernel.transport.answer({stale, part(4), done()});
  const auto outcome = kernel.ask(dump);
  REQUIRE(outcome);
  CHECK(outcome->error == 0);
  CHECK(kernel.answer.sizes == std::vector<std::size_t>{4});
}

TEST_CASE("each request has a sequence number of its own") {
  Fixture kernel;
  NetlinkExchange exchange(kernel.transport, kernel.clock);
  kernel.transport.answer({done()});
  kernel.transport.answer({done()});
  REQUIRE(exchange.ask(dump, kernel.answer));
  REQUIRE(exchange.ask(dump, kernel.answer));
  CHECK(kernel.transport.requests().at(0) != kernel.transport.requests().at(1));
}

TEST_CASE("an interrupted dump is repeated, and only what came last counts") {
  Fixture kernel;
  kernel.transport.answer({part(4, NLM_F_MULTI | NLM_F_DUMP_INTR), part(8), done()});
  kernel.transport.answer({part(12), done()});
  const auto outcome = kernel.ask(dump);
  REQUIRE(outcome);
  CHECK_FALSE(outcome->interrupted);
  CHECK(kernel.answer.sizes == std::vector<std::size_t>{12});
  CHECK(kernel.transport.requests().size() == 2);
}

TEST_CASE("a dump that the end calls interrupted is repeated, too") {
  Fixture kernel;
  kernel.transport.answer({part(4), done(0, NLM_F_MULTI | NLM_F_DUMP_INTR)});
  kernel.transport.answer({part(12), done()});
  REQUIRE(kernel.ask(dump));
  CHECK(kernel.answer.begun == 2);
}

TEST_CASE("a dump that is interrupted again and again is taken as it is after three repetitions") {
  Fixture kernel;
  for (std::size_t i = 0; i < 5; ++i) {
    kernel.transport.answer({part(4 * (i + 1), NLM_F_MULTI | NLM_F_DUMP_INTR), done()});
  }
  const auto outcome = kernel.ask(dump);
  REQUIRE(outcome);
  CHECK(outcome->interrupted);
  CHECK(kernel.answer.sizes == std::vector<std::size_t>{16});
  CHECK(kernel.transport.requests().size() == 4);
}

TEST_CASE("an answer of more bytes than allowed is malformed, and the transport resynced") {
  Fixture kernel;
  kernel.transport.answer({part(1000), part(1000), part(1000), done()});
  NetlinkLimits limits;
  limits.bytes = 2500;
  const auto outcome = kernel.ask(dump, limits);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().reason == Reason::malformed);
  CHECK(outcome.error().errno_value == EOVERFLOW);
  CHECK(kernel.transport.resyncs() == 1);
}

TEST_CASE("an answer of more messages than allowed is malformed, stale and empty ones counted") {
  NetlinkLimits limits;
  limits.messages = 3;
  const std::vector<std::vector<Bytes>> floods{
      {part(4) + part(4) + part(4) + part(4), done()},
      {message(some_type, {}, 0, 4711), message(some_type, {}, 0, 4711),
       message(some_type, {}, 0, 4711), done()},
      {Bytes(), Bytes(), Bytes(), Bytes(), done()},
  };
  for (const auto& flood : floods) {
    Fixture kernel;
    kernel.transport.answer(flood);
    const auto outcome = kernel.ask(dump, limits);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().errno_value == EOVERFLOW);
    CHECK(kernel.transport.resyncs() == 1);
  }
  Fixture kernel;
  kernel.transport.answer({part(4) + part(4), done()});
  CHECK(kernel.ask(dump, limits).ok());
}

TEST_CASE("a dump is given up after its time, the answer to a question is not") {
  Fixture kernel;
  kernel.transport.before_each_receive([&] { kernel.clock.advance(std::chrono::seconds(6)); });
  kernel.transport.answer({part(4), part(4), part(4), done()});
  const auto outcome = kernel.ask(dump);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().reason == Reason::timeout);
  CHECK(kernel.answer.sizes.size() == 2);
  CHECK(kernel.transport.resyncs() == 1);
  kernel.transport.answer({part(4, 0), Bytes(), Bytes(), test::acknowledgement()});
  CHECK(kernel.ask(question).ok());
}

TEST_CASE("datagrams that were lost end the answer as transient, and the next one is whole") {
  Fixture kernel;
  kernel.transport.answer_in_steps({part(4), Error::from_errno(ENOBUFS), part(8), done()});
  kernel.transport.answer({part(12), done()});
  const auto lost = kernel.ask(dump);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().reason == Reason::transient);
  CHECK(lost.error().errno_value == ENOBUFS);
  CHECK(kernel.transport.resyncs() == 1);
  REQUIRE(kernel.ask(dump));
  CHECK(kernel.answer.sizes == std::vector<std::size_t>{12});
}

TEST_CASE("silence ends as a timeout, and the transport is resynced") {
  Fixture kernel;
  kernel.transport.answer({part(4)});
  const auto outcome = kernel.ask(dump);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().reason == Reason::timeout);
  CHECK(kernel.transport.resyncs() == 1);
}

TEST_CASE("what is not legible is malformed, and the transport is resynced") {
  const std::vector<Bytes> datagrams{
      Bytes(7),                                    // no message
      part(4) + Bytes(3),                          // something left over
      message(NLMSG_ERROR, {}),                    // no errno
      message(NLMSG_DONE, Bytes(2), NLM_F_MULTI),  // half an errno
      part(40),                                    // not what the taker expects
      Bytes(40'000),                               // larger than the buffer
  };
  for (const Bytes& datagram : datagrams) {
    Fixture kernel;
    kernel.answer.refused = 40;
    kernel.transport.answer({datagram, done()});
    const auto outcome = kernel.ask(dump);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().reason == Reason::malformed);
    CHECK(kernel.transport.resyncs() == 1);
  }
}

TEST_CASE("a request that cannot be sent is the transport's error") {
  Fixture kernel;
  kernel.transport.fail_send({Reason::absent, EPROTONOSUPPORT, {}});
  const auto outcome = kernel.ask(dump);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().reason == Reason::absent);
}

TEST_CASE("random datagrams end an answer one way or the other") {
  std::mt19937 random(20'260'305);
  for (int i = 0; i < 3'000; ++i) {
    Fixture kernel;
    kernel.transport.answer(
        {test::random_bytes(random, 128), part(4), test::random_bytes(random, 128), done()});
    static_cast<void>(kernel.ask(dump));
    REQUIRE(kernel.transport.requests().size() <= 4);
  }
}

}  // namespace
}  // namespace efa
