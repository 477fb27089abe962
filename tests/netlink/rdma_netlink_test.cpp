#include "collectors/netlink/rdma_netlink.h"

#include "collectors/netlink/messages.h"
#include "collectors/netlink/rdma_numbers.h"
#include "tests/netlink/fake_transport.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace efa {
namespace {

using test::acknowledgement;
using test::operator+;
using test::Bytes;
using test::done;
using test::nested;
using test::recorded_answer;

struct Fixture {
  test::ManualClock clock;
  test::FakeTransport kernel;
  RdmaNetlink rdma{kernel, clock};

  // Answers the question whether a device is there, which follows on EINVAL.
  void device_is_there() {
    kernel.answer({recorded_answer("linux_7.3/devices").at(0), acknowledgement()});
  }
};

template <typename T>
Reason reason_of(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return result.error().reason;
}

// The types of the attributes that a request has.
std::vector<std::uint16_t> asked_with(const Bytes& request) {
  const auto message = MessageReader(request).next();
  REQUIRE(message);
  std::vector<std::uint16_t> types;
  CHECK(walk_attributes(message->payload, [&](const Attribute& attribute) {
    types.push_back(attribute.type);
    return true;
  }));
  return types;
}

TEST_CASE("devices are listed as the kernel knows them") {
  Fixture host;
  host.kernel.answer(recorded_answer("linux_7.3/devices"));
  const auto devices = host.rdma.devices();
  REQUIRE(devices);
  REQUIRE(devices->size() == 2);
  CHECK(devices->at(1).name == "efa_1");
}

TEST_CASE("a host without devices has none, which is no error") {
  Fixture host;
  host.kernel.answer({done()});
  const auto devices = host.rdma.devices();
  REQUIRE(devices);
  CHECK(devices->empty());
}

TEST_CASE("counters are asked of one port, without what older kernels refuse there") {
  Fixture host;
  host.kernel.answer(recorded_answer("linux_7.3/port_counters"));
  const auto counters = host.rdma.port_counters(0, 1);
  REQUIRE(counters);
  CHECK(counters->size() == 22);
  CHECK(asked_with(host.kernel.requests().at(0)) == std::vector<std::uint16_t>{1, 3});
}

TEST_CASE("objects and their number are asked of one device, those of the driver's types too") {
  Fixture host;
  host.kernel.answer(recorded_answer("linux_7.3/resource_summary"));
  host.kernel.answer(recorded_answer("linux_7.3/qps"));
  const auto summary = host.rdma.resource_summary(0);
  REQUIRE(summary);
  CHECK(summary->at(2) == ResourceCount{"qp", 3});
  const auto qps = host.rdma.objects(0, ObjectKind::qp);
  REQUIRE(qps);
  CHECK(qps->entries.size() == 3);
  CHECK_FALSE(qps->interrupted);
  for (const Bytes& request : host.kernel.requests()) {
    CHECK(asked_with(request) == std::vector<std::uint16_t>{1, nldev_attr_driver_details});
  }
}

TEST_CASE("each kind of objects is asked for by its own command") {
  Fixture host;
  const std::pair<ObjectKind, const char*> kinds[] = {{ObjectKind::context, "contexts"},
                                                      {ObjectKind::pd, "pds"},
                                                      {ObjectKind::cq, "cqs"},
                                                      {ObjectKind::mr, "mrs"}};
  for (const auto& [kind, name] : kinds) {
    host.kernel.answer(recorded_answer(std::string("linux_6.1/") + name));
    const auto objects = host.rdma.objects(0, kind);
    REQUIRE(objects);
    CHECK(objects->entries.size() == 1);
    const auto request = MessageReader(host.kernel.requests().back()).next();
    REQUIRE(request);
    CHECK(request->type == nldev_type(command_of(kind)));
  }
}

TEST_CASE("an object that a dump shows twice is there once") {
  Fixture host;
  const auto qp = [](std::uint32_t id) {
    return nested(RDMA_NLDEV_ATTR_RES_QP_ENTRY, AttributeWriter().put_u32(21, id).bytes());
  };
  const auto part = [](const Bytes& entries) {
    return test::message(0x140a, nested(RDMA_NLDEV_ATTR_RES_QP, entries), NLM_F_MULTI);
  };
  host.kernel.answer({part(qp(1) + qp(2)), part(qp(2) + qp(3)), done()});
  const auto qps = host.rdma.objects(0, ObjectKind::qp);
  REQUIRE(qps);
  CHECK(qps->entries.size() == 3);
}

TEST_CASE("objects without a number, as of old kernels, are all kept") {
  Fixture host;
  const Bytes entry =
      nested(RDMA_NLDEV_ATTR_RES_MR_ENTRY, AttributeWriter().put_u64(45, 4096).bytes());
  host.kernel.answer({test::message(0x140d, nested(40, entry + entry)), done()});
  const auto mrs = host.rdma.objects(0, ObjectKind::mr);
  REQUIRE(mrs);
  CHECK(mrs->entries.size() == 2);
}

TEST_CASE("a dump that changed while it was read says so") {
  Fixture host;
  for (int i = 0; i < 4; ++i) {
    host.kernel.answer({done(0, NLM_F_MULTI | NLM_F_DUMP_INTR)});
  }
  const auto qps = host.rdma.objects(0, ObjectKind::qp);
  REQUIRE(qps);
  CHECK(qps->interrupted);
}

TEST_CASE("a command that the kernel does not know is not sent again, and others are") {
  Fixture host;
  host.kernel.answer(recorded_answer("linux_6.1/unknown_command"));
  host.device_is_there();
  CHECK(reason_of(host.rdma.objects(0, ObjectKind::context)) == Reason::unsupported);
  const std::size_t sent = host.kernel.requests().size();
  CHECK(reason_of(host.rdma.objects(0, ObjectKind::context)) == Reason::unsupported);
  CHECK(reason_of(host.rdma.objects(7, ObjectKind::context)) == Reason::unsupported);
  CHECK(host.kernel.requests().size() == sent);
  host.kernel.answer(recorded_answer("linux_6.1/qps"));
  CHECK(host.rdma.objects(0, ObjectKind::qp).ok());
}

TEST_CASE("a command refused with EOPNOTSUPP is not sent again") {
  Fixture host;
  host.kernel.answer({acknowledgement(EOPNOTSUPP)});
  CHECK(reason_of(host.rdma.resource_summary(0)) == Reason::unsupported);
  CHECK(reason_of(host.rdma.resource_summary(0)) == Reason::unsupported);
  CHECK(host.kernel.requests().size() == 1);
}

TEST_CASE("a kernel that says nothing of itself is asked once, if others work") {
  Fixture host;
  host.kernel.answer({acknowledgement(EINVAL)});
  CHECK(reason_of(host.rdma.system()) == Reason::transient);  // nothing has worked yet
  host.kernel.answer({done()});
  REQUIRE(host.rdma.devices());
  host.kernel.answer({acknowledgement(EINVAL)});
  CHECK(reason_of(host.rdma.system()) == Reason::unsupported);
  CHECK(reason_of(host.rdma.system()) == Reason::unsupported);
  CHECK(host.kernel.requests().size() == 3);
}

TEST_CASE("a device that is gone is closed, and nothing is taken to be unsupported") {
  Fixture host;
  host.kernel.answer(recorded_answer("linux_7.3/qps_no_device"));
  host.kernel.answer({acknowledgement(EINVAL)});
  CHECK(reason_of(host.rdma.objects(99, ObjectKind::qp)) == Reason::closed);
  host.kernel.answer({acknowledgement(EINVAL)});
  host.kernel.answer({acknowledgement(EINVAL)});
  CHECK(reason_of(host.rdma.resource_summary(99)) == Reason::closed);
  host.kernel.answer(recorded_answer("linux_7.3/qps"));
  CHECK(host.rdma.objects(0, ObjectKind::qp).ok());
  host.kernel.answer(recorded_answer("linux_7.3/resource_summary"));
  CHECK(host.rdma.resource_summary(0).ok());
}

TEST_CASE("a dump that fails in its course is asked for again, whatever the errno") {
  for (const int errno_value : {EINVAL, EOPNOTSUPP, EIO}) {
    Fixture host;
    host.kernel.answer({done(errno_value)});
    if (errno_value == EINVAL) {
      host.device_is_there();
    }
    CHECK(reason_of(host.rdma.objects(0, ObjectKind::qp)) == Reason::transient);
    host.kernel.answer(recorded_answer("linux_7.3/qps"));
    CHECK(host.rdma.objects(0, ObjectKind::qp).ok());
  }
}

TEST_CASE("a dump that ends with a closed admin queue is closed, one without an answer a timeout") {
  Fixture host;
  host.kernel.answer({done(ENODEV)});
  CHECK(reason_of(host.rdma.objects(0, ObjectKind::qp)) == Reason::closed);
  host.kernel.answer({done(ETIME)});
  CHECK(reason_of(host.rdma.objects(0, ObjectKind::qp)) == Reason::timeout);
}

TEST_CASE("counters that a driver fails to tell are asked for again") {
  Fixture host;
  host.kernel.answer({acknowledgement(EINVAL)});
  host.device_is_there();
  CHECK(reason_of(host.rdma.port_counters(0, 1)) == Reason::transient);
  host.kernel.answer(recorded_answer("linux_7.3/port_counters"));
  CHECK(host.rdma.port_counters(0, 1).ok());
}

TEST_CASE("a command that has worked is not unsupported because it fails once") {
  Fixture host;
  host.kernel.answer(recorded_answer("linux_7.3/resource_summary"));
  REQUIRE(host.rdma.resource_summary(0));
  host.kernel.answer({acknowledgement(EINVAL)});
  host.device_is_there();
  CHECK(reason_of(host.rdma.resource_summary(0)) == Reason::transient);
  host.kernel.answer(recorded_answer("linux_7.3/resource_summary"));
  CHECK(host.rdma.resource_summary(0).ok());
}

TEST_CASE("a payload that is not legible is malformed") {
  Fixture host;
  host.kernel.answer({test::message(0x1401, Bytes(5)), done()});
  CHECK(reason_of(host.rdma.devices()) == Reason::malformed);
  host.kernel.answer({done()});  // to a question
  CHECK(reason_of(host.rdma.system()) == Reason::malformed);
}

TEST_CASE("a kernel without RDMA is absent, for each request") {
  Fixture host;
  host.kernel.fail_send({Reason::absent, EPROTONOSUPPORT, {}});
  CHECK(reason_of(host.rdma.devices()) == Reason::absent);
  CHECK(reason_of(host.rdma.system()) == Reason::absent);
  CHECK(reason_of(host.rdma.objects(0, ObjectKind::qp)) == Reason::absent);
}

TEST_CASE("this kernel either has no RDMA or lists its devices") {
  MonotonicClock clock;
  NetlinkSocket socket;
  RdmaNetlink rdma(socket, clock);
  for (int i = 0; i < 2; ++i) {
    const auto devices = rdma.devices();
    if (!devices) {
      const Reason reason = devices.error().reason;
      CHECK((reason == Reason::absent || reason == Reason::denied));  // a sandbox may deny
      return;
    }
    socket.resync();
  }
}

}  // namespace
}  // namespace efa
