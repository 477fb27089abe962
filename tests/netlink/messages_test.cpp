#include "collectors/netlink/messages.h"

#include <cerrno>
#include <cstring>
#include <limits>

#include "tests/netlink/made_messages.h"
#include "tests/support/catch.h"

namespace efa {
namespace {

using test::operator+;
using test::Bytes;
using test::cut;
using test::message;
using test::number;
using Kind = NetlinkMessage::Kind;

constexpr std::uint16_t some_type = 0x1401;

NetlinkMessage first(const Bytes& bytes) {
  const auto one = MessageReader(bytes).next();
  REQUIRE(one);
  NetlinkMessage copy = *one;
  copy.payload = {};  // does not outlive the bytes
  return copy;
}

nlmsghdr head_of(const Bytes& bytes) {
  nlmsghdr head{};
  REQUIRE(bytes.size() >= sizeof head);
  std::memcpy(&head, bytes.data(), sizeof head);
  return head;
}

TEST_CASE("a request is a head and its attributes, and wants an acknowledgement") {
  const Bytes attributes = AttributeWriter().put_u32(1, 5).bytes();
  const Bytes bytes = encode({some_type, false, attributes}, 77);
  const nlmsghdr head = head_of(bytes);
  CHECK(bytes.size() == 24);
  CHECK(head.nlmsg_len == 24);
  CHECK(head.nlmsg_type == some_type);
  CHECK(head.nlmsg_flags == (NLM_F_REQUEST | NLM_F_ACK));
  CHECK(head.nlmsg_seq == 77);
  CHECK(head.nlmsg_pid == 0);
  CHECK(Bytes(bytes.begin() + 16, bytes.end()) == attributes);
}

TEST_CASE("a dump is asked for by its flags") {
  const Bytes bytes = encode({some_type, true, {}}, 1);
  CHECK(head_of(bytes).nlmsg_flags == (NLM_F_REQUEST | NLM_F_ACK | NLM_F_DUMP));
}

TEST_CASE("several messages of a datagram are walked one by one") {
  const Bytes bytes = message(some_type, Bytes(5), NLM_F_MULTI, 9) +
                      message(some_type, {}, NLM_F_MULTI | NLM_F_DUMP_INTR, 9) + test::done();
  MessageReader reader(bytes);
  const auto one = reader.next();
  REQUIRE(one);
  CHECK(one->kind == Kind::data);
  CHECK(one->type == some_type);
  CHECK(one->sequence == 9);
  CHECK(one->payload.size() == 5);
  CHECK_FALSE(one->interrupted);
  const auto two = reader.next();
  REQUIRE(two);
  CHECK(two->kind == Kind::data);
  CHECK(two->payload.empty());
  CHECK(two->interrupted);
  const auto three = reader.next();
  REQUIRE(three);
  CHECK(three->kind == Kind::end);
  CHECK(three->ends_dump);
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.malformed());
}

TEST_CASE("the end of a dump may carry an errno, a size, or nothing") {
  CHECK(first(test::done()).error == 0);
  CHECK(first(test::done(EINVAL)).error == EINVAL);
  CHECK(first(message(NLMSG_DONE, number(120))).error == 0);
  CHECK(first(message(NLMSG_DONE, {})).error == 0);
  CHECK_FALSE(first(message(NLMSG_DONE, Bytes(3))).error);
}

TEST_CASE("an error message of error 0 is an acknowledgement") {
  const NetlinkMessage end = first(test::acknowledgement());
  CHECK(end.kind == Kind::end);
  CHECK_FALSE(end.ends_dump);
  CHECK(end.error == 0);
  CHECK(first(test::acknowledgement(EPERM)).error == EPERM);
}

TEST_CASE("an error that is no errno is not legible") {
  CHECK_FALSE(first(message(NLMSG_ERROR, {})).error);
  CHECK_FALSE(first(message(NLMSG_ERROR, Bytes(3))).error);
  CHECK_FALSE(first(message(NLMSG_ERROR, number(22))).error);
  CHECK_FALSE(first(message(NLMSG_ERROR, number(-4096))).error);
  CHECK_FALSE(first(message(NLMSG_ERROR, number(std::numeric_limits<int>::min()))).error);
  CHECK(first(message(NLMSG_ERROR, number(-4095))).error == 4095);
}

TEST_CASE("control messages of other kinds have nothing to say") {
  CHECK(first(message(NLMSG_NOOP, {})).kind == Kind::other);
  CHECK(first(message(NLMSG_OVERRUN, {})).kind == Kind::other);
  CHECK(first(message(0, {})).kind == Kind::other);
}

TEST_CASE("messages cut off anywhere end the walk as malformed, unless it is between two") {
  const Bytes bytes = message(some_type, Bytes(6)) + test::done();  // 22 and 2 of pad, 20
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    const Bytes part = cut(bytes, size);
    MessageReader reader(part);
    std::size_t count = 0;
    while (reader.next()) {
      ++count;
    }
    CHECK(count == (size < 22 ? 0 : 1));
    CHECK(reader.malformed() == !(size == 0 || (size >= 22 && size <= 24)));
  }
}

TEST_CASE("a message length that cannot be ends the walk as malformed") {
  for (const std::uint32_t length :
       {0U, 3U, 15U, 21U, 65'535U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    CAPTURE(length);
    Bytes bytes = message(some_type, Bytes(4));
    std::memcpy(bytes.data(), &length, sizeof length);
    MessageReader reader(bytes);
    CHECK_FALSE(reader.next());
    CHECK(reader.malformed());
  }
}

TEST_CASE("random bytes never make the walk of messages read beyond them") {
  std::mt19937 random(20'260'302);
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = test::random_bytes(random, 96);
    MessageReader reader(bytes);
    std::size_t total = 0;
    while (const auto one = reader.next()) {
      total += 16 + one->payload.size();
    }
    REQUIRE(total <= bytes.size());
  }
}

}  // namespace
}  // namespace efa
