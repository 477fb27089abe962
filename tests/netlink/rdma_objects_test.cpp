#include "collectors/netlink/rdma_objects.h"

#include "collectors/netlink/messages.h"
#include "collectors/netlink/rdma_numbers.h"
#include "tests/netlink/made_messages.h"
#include "tests/support/catch.h"

namespace efa {
namespace {

using test::operator+;
using test::Bytes;
using test::nested;

constexpr ObjectKind all_kinds[] = {ObjectKind::context, ObjectKind::pd, ObjectKind::cq,
                                    ObjectKind::mr, ObjectKind::qp};

// The payload of the first message of a recording.
Bytes recorded_payload(const std::string& name) {
  const Bytes datagram = test::recorded(name).at(0);
  const auto message = MessageReader(datagram).next();
  REQUIRE(message);
  return {message->payload.begin(), message->payload.end()};
}

std::vector<RdmaObject> recorded_objects(ObjectKind kind, const std::string& name) {
  auto objects = decode_objects(kind, recorded_payload(name));
  REQUIRE(objects);
  return std::move(*objects);
}

template <typename T>
bool is_malformed(const Result<T>& result) {
  return !result && result.error().reason == Reason::malformed;
}

// Every decoder; whether all had nothing to complain of.
bool decode_all(const Bytes& payload) {
  bool well = decode_device(payload).ok();
  well = decode_port_counters(payload).ok() && well;
  well = decode_resource_summary(payload).ok() && well;
  well = decode_system(payload).ok() && well;
  well = decode_event(payload).ok() && well;
  for (const ObjectKind kind : all_kinds) {
    well = decode_objects(kind, payload).ok() && well;
  }
  return well;
}

Bytes qp_table(const Bytes& entry) {
  return nested(RDMA_NLDEV_ATTR_RES_QP, nested(RDMA_NLDEV_ATTR_RES_QP_ENTRY, entry));
}

TEST_CASE("the driver of a device is a number of 32 or 64 bits") {
  const auto decoded = [](const Bytes& payload) { return decode_driver(payload); };
  const auto short_one =
      decoded(AttributeWriter().put_u32(RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID, 17).bytes());
  REQUIRE(short_one);
  CHECK(*short_one == efa_driver);
  const auto long_one = decoded(AttributeWriter()
                                    .put_string(RDMA_NLDEV_ATTR_CHARDEV_NAME, "uverbs0")
                                    .put_u64(RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID, 1)
                                    .bytes());
  REQUIRE(long_one);
  CHECK(*long_one == 1);
  CHECK_FALSE(decoded(AttributeWriter().put_u8(RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID, 17).bytes()));
  CHECK_FALSE(decoded({}));
}

TEST_CASE("an EFA device has a name, an index, one port, and no type of its own") {
  const auto device = decode_device(recorded_payload("linux_7.3/devices"));
  REQUIRE(device);
  CHECK(*device == RdmaDevice{0, "efa_0", 1, 7, 0x0f1d'0000'0000'0001U, ""});
}

TEST_CASE("a device without an index or a name is malformed") {
  CHECK(is_malformed(decode_device({})));
  CHECK(is_malformed(decode_device(AttributeWriter().put_u32(1, 0).bytes())));
  CHECK(is_malformed(decode_device(AttributeWriter().put_string(2, "efa_0").bytes())));
  CHECK(decode_device(AttributeWriter().put_u32(1, 0).put_string(2, "efa_0").bytes()));
}

TEST_CASE("the counters of a port come with their names, in the driver's order") {
  const auto counters = decode_port_counters(recorded_payload("linux_7.3/port_counters"));
  REQUIRE(counters);
  REQUIRE(counters->size() == 22);
  CHECK(counters->front() == RdmaCounter{"tx_bytes", 18'446'744'073'709'551'615U});
  CHECK(counters->at(2) == RdmaCounter{"rx_bytes", 9'007'199'254'740'993U});
  CHECK(counters->back() == RdmaCounter{"impaired_remote_conn_events", 22'000'066U});
  CHECK(decode_port_counters(recorded_payload("linux_6.1/port_counters"))->size() == 13);
}

TEST_CASE("a port without counters has none") {
  CHECK(decode_port_counters({})->empty());
  CHECK(decode_port_counters(nested(RDMA_NLDEV_ATTR_STAT_HWCOUNTERS, {}))->empty());
}

TEST_CASE("a counter without a name or a value is malformed") {
  const auto with = [](const Bytes& entry) {
    return decode_port_counters(nested(RDMA_NLDEV_ATTR_STAT_HWCOUNTERS,
                                       nested(RDMA_NLDEV_ATTR_STAT_HWCOUNTER_ENTRY, entry)));
  };
  CHECK(is_malformed(with(AttributeWriter().put_string(82, "tx_bytes").bytes())));
  CHECK(is_malformed(with(AttributeWriter().put_u64(83, 1).bytes())));
  CHECK(is_malformed(with(AttributeWriter().put_string(82, "a").put_u32(83, 1).bytes())));
  CHECK(with(AttributeWriter().put_string(82, "a").put_u64(83, 1).bytes()).ok());
}

TEST_CASE("pads before 64-bit values, and nesting with and without its flag, make no difference") {
  const Bytes entry = AttributeWriter().put_string(82, "a").put(0, {}).put_u64(83, 5).bytes();
  for (const unsigned flag : {0U, 0x8000U}) {
    const auto typed = [flag](unsigned type) { return static_cast<std::uint16_t>(type | flag); };
    const auto counters = decode_port_counters(nested(typed(80), nested(typed(81), entry)));
    REQUIRE(counters);
    CHECK(*counters == std::vector<RdmaCounter>{{"a", 5}});
  }
}

TEST_CASE("a summary counts objects by kind, also of kinds that are new") {
  const auto counts = decode_resource_summary(recorded_payload("linux_7.3/resource_summary"));
  REQUIRE(counts);
  CHECK(*counts == std::vector<ResourceCount>{{"pd", 1},
                                              {"cq", 1},
                                              {"qp", 3},
                                              {"cm_id", 0},
                                              {"mr", 1},
                                              {"ctx", 1},
                                              {"srq", 0},
                                              {"comp_cntr", 0}});
}

TEST_CASE("queue pairs of SRD are the driver's type, and know their owner and domain") {
  for (const std::string kernel : {"linux_7.3", "linux_6.1"}) {
    const auto qps = recorded_objects(ObjectKind::qp, kernel + "/qps");
    REQUIRE(qps.size() == 3);
    const RdmaObject& qp = qps.front();
    CHECK(qp.id == 4U);
    CHECK(qp.pid > 1U);
    CHECK(qp.pdn == 1U);
    CHECK(qp.port == 1U);
    CHECK(qp.qp_type == qp_type_driver);
    CHECK(qp.qp_state == qp_state_rts);
    CHECK(qp.kernel_name.empty());
    CHECK_FALSE(qp.mr_length);
    CHECK(qps.back().id == 6U);
  }
}

TEST_CASE("memory regions tell their length, the other objects what they were made in") {
  const auto mrs = recorded_objects(ObjectKind::mr, "linux_7.3/mrs");
  REQUIRE(mrs.size() == 1);
  CHECK(mrs[0].mr_length == 65'536U);
  CHECK(mrs[0].pdn == 1U);
  const auto cqs = recorded_objects(ObjectKind::cq, "linux_7.3/cqs");
  REQUIRE(cqs.size() == 1);
  CHECK(cqs[0].ctxn == 1U);
  const auto pds = recorded_objects(ObjectKind::pd, "linux_7.3/pds");
  REQUIRE(pds.size() == 1);
  CHECK(pds[0].id == 1U);
  CHECK(pds[0].ctxn == 1U);
  const auto contexts = recorded_objects(ObjectKind::context, "linux_7.3/contexts");
  REQUIRE(contexts.size() == 1);
  CHECK(contexts[0].id == 1U);
  CHECK(contexts[0].pid == 481U);
  CHECK(mrs[0].pid == 481U);
}

TEST_CASE("an owner that is not visible is no process, not process 0") {
  CHECK_FALSE(recorded_objects(ObjectKind::context, "linux_7.3/contexts_of_others").at(0).pid);
  CHECK_FALSE(recorded_objects(ObjectKind::qp, "linux_6.1/qps_of_others").at(0).pid);
  const Bytes zero = AttributeWriter().put_u32(RDMA_NLDEV_ATTR_RES_PID, 0).bytes();
  CHECK_FALSE(decode_objects(ObjectKind::qp, qp_table(zero))->at(0).pid);
}

TEST_CASE("an object of the kernel has the name of its module") {
  const Bytes entry = AttributeWriter().put_u32(21, 1).put_string(29, "ib_core").bytes();
  const auto qps = decode_objects(ObjectKind::qp, qp_table(entry));
  REQUIRE(qps);
  CHECK(qps->at(0).kernel_name == "ib_core");
  CHECK_FALSE(qps->at(0).pid);
}

TEST_CASE("what a kernel does not tell of an object is not there") {
  const auto qps = decode_objects(ObjectKind::qp, qp_table({}));
  REQUIRE(qps);
  CHECK(*qps == std::vector<RdmaObject>{RdmaObject{}});
}

TEST_CASE("attributes that nobody knows are skipped, in each level") {
  const Bytes unknown = AttributeWriter().put_u32(999, 1).put(16'000, Bytes(77)).bytes();
  const Bytes entry = unknown + AttributeWriter().put_u32(21, 8).bytes() + unknown;
  const Bytes payload =
      unknown + nested(19, unknown + nested(20, entry) + unknown) + unknown + nested(46, unknown);
  const auto qps = decode_objects(ObjectKind::qp, payload);
  REQUIRE(qps);
  REQUIRE(qps->size() == 1);
  CHECK(qps->front().id == 8U);
}

TEST_CASE("a table of another kind is not taken for one's own") {
  CHECK(recorded_objects(ObjectKind::cq, "linux_7.3/qps").empty());
}

TEST_CASE("a kernel tells whether it sends events, and an older one says nothing of it") {
  CHECK(*decode_system(recorded_payload("linux_7.3/system")) == RdmaSystem{true, true});
  CHECK(*decode_system(recorded_payload("linux_6.1/system")) == RdmaSystem{true, false});
  CHECK(*decode_system(AttributeWriter().put_u8(66, 0).bytes()) == RdmaSystem{false, false});
}

TEST_CASE("an event has a type, an index and a name") {
  CHECK(*decode_event(recorded_payload("linux_7.3/rdma_events")) ==
        RdmaEvent{nldev_event_rename, 0U, "rdmap0s5"});
  CHECK(is_malformed(decode_event(AttributeWriter().put_string(2, "efa_0").bytes())));
}

TEST_CASE("recorded payloads cut off anywhere are read to where they end and not beyond") {
  for (const char* name : {"devices", "port_counters", "resource_summary", "contexts", "pds", "cqs",
                           "mrs", "qps", "system", "rdma_events"}) {
    const Bytes payload = recorded_payload(std::string("linux_7.3/") + name);
    for (std::size_t size = 0; size <= payload.size(); ++size) {
      static_cast<void>(decode_all(test::cut(payload, size)));
    }
  }
  const Bytes qps = recorded_payload("linux_7.3/qps");
  CHECK(is_malformed(decode_objects(ObjectKind::qp, test::cut(qps, qps.size() - 1))));
}

TEST_CASE("recorded payloads with any byte changed are decoded or refused") {
  std::mt19937 random(20'260'303);
  for (const char* name : {"devices", "resource_summary", "mrs", "qps", "rdma_events"}) {
    const Bytes payload = recorded_payload(std::string("linux_7.3/") + name);
    for (int i = 0; i < 2'000; ++i) {
      Bytes changed = payload;
      changed[random() % changed.size()] = static_cast<std::byte>(random());
      static_cast<void>(decode_all(changed));
    }
  }
}

TEST_CASE("random bytes are decoded or refused") {
  std::mt19937 random(20'260'304);
  std::size_t refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    refused += decode_all(test::random_bytes(random, 128)) ? 0U : 1U;
  }
  CHECK(refused > 19'000);
}

}  // namespace
}  // namespace efa
