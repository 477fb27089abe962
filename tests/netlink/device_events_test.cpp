#include "collectors/netlink/device_events.h"

#include <algorithm>
#include <deque>
#include <variant>

#include "collectors/netlink/rdma_numbers.h"
#include "tests/netlink/fake_transport.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace efa {
namespace {

using test::operator+;
using test::Bytes;
using Events = std::vector<DeviceEvent>;
using Kind = DeviceEvent::Kind;

// Gives what it was made with, then nothing.
class FakeListener final : public NetlinkListener {
 public:
  using Step = std::variant<Bytes, Error>;

  explicit FakeListener(std::vector<Step> steps) : steps_(steps.begin(), steps.end()) {}

  [[nodiscard]] int descriptor() const override { return 4711; }
  Result<std::optional<std::size_t>> receive(std::span<std::byte> buffer) override {
    if (steps_.empty()) {
      return std::optional<std::size_t>();
    }
    const Step step = steps_.front();
    steps_.pop_front();
    if (const auto* error = std::get_if<Error>(&step)) {
      return *error;
    }
    const Bytes& bytes = std::get<Bytes>(step);
    std::copy(bytes.begin(), bytes.end(), buffer.begin());
    return std::optional(bytes.size());
  }

 private:
  std::deque<Step> steps_;
};

DeviceEvents events_of(DeviceEvents::Source source, std::vector<FakeListener::Step> steps) {
  return {std::make_unique<FakeListener>(std::move(steps)), source};
}

std::vector<FakeListener::Step> recorded_steps(const std::string& name) {
  const auto datagrams = test::recorded(name);
  return {datagrams.begin(), datagrams.end()};
}

Bytes uevent(std::string_view lines) {
  Bytes bytes = test::bytes_of(lines);
  std::replace(bytes.begin(), bytes.end(), std::byte{'\n'}, std::byte{0});
  return bytes;
}

Bytes rdma_event(std::uint8_t type, std::string_view name) {
  const Bytes payload = AttributeWriter()
                            .put_u32(1, 0)
                            .put_string(2, name)
                            .put_u8(nldev_attr_event_type, type)
                            .bytes();
  return test::message(nldev_type(nldev_cmd_monitor), payload);
}

// A host: what SYS_GET says, and which protocols may be listened to.
struct Host {
  test::ManualClock clock;
  test::FakeTransport kernel;
  RdmaNetlink rdma{kernel, clock};
  std::vector<int> may_hear;
  std::vector<std::pair<int, unsigned>> tried;

  Result<DeviceEvents> listen() {
    const auto hear = [this](int protocol,
                             unsigned group) -> Result<std::unique_ptr<NetlinkListener>> {
      tried.emplace_back(protocol, group);
      if (std::find(may_hear.begin(), may_hear.end(), protocol) == may_hear.end()) {
        return Error{Reason::denied, EPERM, {}};
      }
      return std::unique_ptr<NetlinkListener>(
          std::make_unique<FakeListener>(std::vector<FakeListener::Step>()));
    };
    return DeviceEvents::listen(rdma, hear);
  }
};

TEST_CASE("the RDMA core tells of devices that are renamed, go and come") {
  auto events = events_of(DeviceEvents::Source::rdma, recorded_steps("linux_7.3/rdma_events"));
  const auto happened = events.drain();
  CHECK_FALSE(happened.problem);
  CHECK(happened.events == Events{{Kind::renamed, "rdmap0s5", ""},
                                  {Kind::renamed, "efa_0", ""},
                                  {Kind::removed, "efa_1", ""},
                                  {Kind::added, "efa_1", ""}});
  CHECK(events.drain().events.empty());
  CHECK(events.descriptor() == 4711);
}

TEST_CASE("uevents tell the same, old names as well, among those of others") {
  auto events = events_of(DeviceEvents::Source::uevents, recorded_steps("linux_7.3/uevents"));
  const auto happened = events.drain();
  CHECK_FALSE(happened.problem);
  CHECK(happened.events == Events{{Kind::renamed, "rdmap0s5", "efa_0"},
                                  {Kind::renamed, "efa_0", "rdmap0s5"},
                                  {Kind::removed, "efa_1", ""},
                                  {Kind::added, "efa_1", ""}});
}

TEST_CASE("uevents of an older kernel read alike") {
  auto events = events_of(DeviceEvents::Source::uevents, recorded_steps("linux_6.1/uevents"));
  const auto happened = events.drain();
  CHECK_FALSE(happened.problem);
  CHECK(happened.events.size() == 2);
}

TEST_CASE("the RDMA core's events of network devices, and other messages, are no events here") {
  const auto events = decode_rdma_events(rdma_event(2, "efa_0") + rdma_event(0, "efa_1") +
                                         rdma_event(200, "") + test::done());
  REQUIRE(events);
  CHECK(*events == Events{{Kind::added, "efa_1", ""}});
}

TEST_CASE("an event of the RDMA core that does not say of which device is malformed") {
  CHECK_FALSE(decode_rdma_events(rdma_event(0, "")));
  CHECK_FALSE(decode_rdma_events(test::message(0x141c, {})));
  CHECK_FALSE(decode_rdma_events(Bytes(9)));
  CHECK(decode_rdma_events({})->empty());
}

TEST_CASE("uevents of other subsystems and actions are no events") {
  const char* const others[] = {
      "add@/devices/a/net/eth0\nACTION=add\nDEVPATH=/devices/a/net/eth0\nSUBSYSTEM=net\n",
      "add@/a/infiniband_verbs/uverbs0\nACTION=add\nDEVPATH=/a/infiniband_verbs/uverbs0\n"
      "SUBSYSTEM=infiniband_verbs\n",
      "change@/a/infiniband/efa_0\nACTION=change\nDEVPATH=/a/infiniband/efa_0\n"
      "SUBSYSTEM=infiniband\n",
      "libudev\nsomething else\n",
      "",
      "\n\n\n",
      "=\n==\nSUBSYSTEM",
      "add@/a\nACTION=add\n"};
  for (const char* other : others) {
    CAPTURE(other);
    const auto event = decode_uevent(uevent(other));
    REQUIRE(event);
    CHECK_FALSE(*event);
  }
}

TEST_CASE("a uevent of an RDMA device that does not say what or which is malformed") {
  CHECK_FALSE(decode_uevent(uevent("SUBSYSTEM=infiniband\nDEVPATH=/a/infiniband/efa_0\n")));
  CHECK_FALSE(decode_uevent(uevent("ACTION=add\nSUBSYSTEM=infiniband\n")));
  CHECK_FALSE(decode_uevent(uevent("ACTION=add\nSUBSYSTEM=infiniband\nDEVPATH=/a/\n")));
}

TEST_CASE("a uevent needs no NUL at its end") {
  const auto event =
      decode_uevent(uevent("ACTION=remove\nSUBSYSTEM=infiniband\nDEVPATH=/a/infiniband/efa_0"));
  REQUIRE(event);
  CHECK(*event == DeviceEvent{Kind::removed, "efa_0", ""});
}

TEST_CASE("events cut off anywhere, or of random bytes, are decoded or refused") {
  for (const char* name : {"linux_7.3/uevents", "linux_7.3/rdma_events"}) {
    for (const Bytes& datagram : test::recorded(name)) {
      for (std::size_t size = 0; size < datagram.size(); ++size) {
        static_cast<void>(decode_uevent(test::cut(datagram, size)));
        static_cast<void>(decode_rdma_events(test::cut(datagram, size)));
      }
    }
  }
  std::mt19937 random(20'260'306);
  for (int i = 0; i < 5'000; ++i) {
    const Bytes bytes = test::random_bytes(random, 200);
    static_cast<void>(decode_uevent(bytes));
    static_cast<void>(decode_rdma_events(bytes));
  }
}

TEST_CASE("events that were lost, or are not legible, are an error once") {
  for (const FakeListener::Step& bad :
       {FakeListener::Step(Error::from_errno(ENOBUFS)), FakeListener::Step(Bytes(9))}) {
    auto events =
        events_of(DeviceEvents::Source::rdma, {rdma_event(0, "a"), bad, rdma_event(0, "b")});
    const auto heard = events.drain();
    CHECK(heard.problem);
    CHECK(heard.events == Events{{Kind::added, "a", ""}, {Kind::added, "b", ""}});
    CHECK(events.drain().events.empty());
  }
}

TEST_CASE("a listener that fails for good is not read in a loop") {
  auto events =
      events_of(DeviceEvents::Source::rdma, {Error::from_errno(EBADF), Error::from_errno(EBADF)});
  CHECK(events.drain().problem);
  CHECK(events.drain().problem);
  CHECK_FALSE(events.drain().problem);
}

TEST_CASE("the RDMA core's group is joined where the kernel has it") {
  Host host;
  host.may_hear = {NETLINK_RDMA, NETLINK_KOBJECT_UEVENT};
  host.kernel.answer(test::recorded_answer("linux_7.3/system"));
  const auto events = host.listen();
  REQUIRE(events);
  CHECK(events->source() == DeviceEvents::Source::rdma);
  CHECK(host.tried == std::vector<std::pair<int, unsigned>>{{NETLINK_RDMA, 4U}});
}

TEST_CASE("uevents are heard where the RDMA core has no group, or it may not be joined") {
  for (const char* kernel : {"linux_6.1/system", "linux_7.3/system"}) {
    Host host;
    host.may_hear = {NETLINK_KOBJECT_UEVENT};
    host.kernel.answer(test::recorded_answer(kernel));
    const auto events = host.listen();
    REQUIRE(events);
    CHECK(events->source() == DeviceEvents::Source::uevents);
    CHECK(host.tried.back() == std::pair<int, unsigned>{NETLINK_KOBJECT_UEVENT, 1U});
  }
}

TEST_CASE("without RDMA netlink uevents are heard, and without both nothing") {
  Host host;
  host.kernel.fail_send({Reason::absent, EPROTONOSUPPORT, {}});
  host.may_hear = {NETLINK_KOBJECT_UEVENT};
  CHECK(host.listen().ok());
  host.may_hear = {};
  const auto events = host.listen();
  REQUIRE_FALSE(events);
  CHECK(events.error().reason == Reason::denied);
}

TEST_CASE("this kernel's uevents can be listened to, or it says why not") {
  auto listener = listen_to_group(NETLINK_KOBJECT_UEVENT, 1);
  if (!listener) {
    return;
  }
  DeviceEvents events(std::move(*listener), DeviceEvents::Source::uevents);
  CHECK(events.descriptor() >= 0);
  static_cast<void>(events.drain());  // there may be any
}

}  // namespace
}  // namespace efa
