#include "collectors/health/check.h"
#include "tests/health/made_view.h"
#include "tests/support/catch.h"

using namespace efa;
using namespace efa::test;

namespace {

constexpr Verdict passes = Verdict::pass;
constexpr Verdict warns = Verdict::warn;
constexpr Verdict cannot_tell = Verdict::unknown;

void stand_still(HealthView& view) { view.before = view.now; }

constexpr Case cases[] = {
    {"EFA-201", passes, "1 owner of queue pairs, and all use EFAs with traffic", "",
     [](HealthView&) {}},
    {"EFA-201", warns, "slurm:1234.0 holds 64 queue pairs on 32 EFAs that moved no byte in 10 s",
     "NCCL_DEBUG=INFO", stand_still},
    {"EFA-201", warns, "so do 1 more owners", "FI_PROVIDER=efa",
     [](HealthView& view) {
       stand_still(view);
       add_owner(view, "pod:ml/train/main");
     }},
    {"EFA-201", warns, "moved no byte since boot", "efa-agent doctor --watch=60",
     [](HealthView& view) {
       forget_before(view);
       for (std::size_t i = 0; i < 32; ++i) {
         set_counter(view.now, i, "tx_bytes", 0);
         set_counter(view.now, i, "rx_bytes", 0);
       }
     }},
    {"EFA-201", cannot_tell, "takes two readings", "--watch=10", forget_before},
    {"EFA-201", cannot_tell, "no process holds a queue pair", "--watch=10",
     [](HealthView& view) { view.ownership->owners.clear(); }},
    {"EFA-201", cannot_tell, "was not asked", "sudo efa-agent doctor",
     [](HealthView& view) { view.ownership.reset(); }},
    {"EFA-201", cannot_tell, "could not be asked: rdma", "sudo efa-agent doctor",
     [](HealthView& view) {
       view.ownership->owners.clear();
       view.ownership->problem = Error{Reason::denied, 1, "rdma netlink"};
     }},
    {"EFA-201", cannot_tell, "the traffic of 1 of 1 EFA that slurm:1234.0 uses", "EFA-701",
     [](HealthView& view) {
       view.ownership->owners.front().shares.resize(1);
       take_down(view, 0, DeviceState::down, Reason::closed);
     }},
    {"EFA-201", cannot_tell, "no EFA device", "", remove_devices},
    {"EFA-202", passes, "holds an EFA", "", [](HealthView&) {}},
    {"EFA-202", warns, "python3 (pid 42, libnccl-net.so) holds nothing of any EFA",
     "fi_info -p efa -t FI_EP_RDM",
     [](HealthView& view) {
       view.library_users = {{42, "python3", "libnccl-net.so"}};
     }},
    {"EFA-202", warns, "and 1 more hold nothing", "vpc.amazonaws.com/efa",
     [](HealthView& view) {
       view.library_users = {
           {42, "a", "libfabric.so.1"}, {43, "b", "libfabric.so.1"}, {44, "c", "l"}};
     }},
    {"EFA-202", cannot_tell, "not permitted", "sudo efa-agent doctor",
     [](HealthView& view) { view.library_users.reset(); }},
    {"EFA-202", cannot_tell, "no EFA device", "", remove_devices},
};

}  // namespace

TEST_CASE("checks of jobs' traffic come to every verdict they can") {
  check_cases(
      traffic_checks(), cases,
      {{"EFA-201", {passes, warns, cannot_tell}}, {"EFA-202", {passes, warns, cannot_tell}}});
  check_group(traffic_checks(), 200);
}

TEST_CASE("an owner one of whose devices moves bytes is using EFA") {
  HealthView view = made_p5();
  view.before = view.now;
  set_counter(view.now, 31, "rx_bytes", 1ULL << 40U);
  CHECK(judge(traffic_checks(), "EFA-201", view).verdict == passes);
}

TEST_CASE("an owner that holds no queue pair is not asked for traffic") {
  HealthView view = made_p5();
  view.before = view.now;
  for (Share& share : view.ownership->owners.front().shares) {
    share.counts = {};
  }
  CHECK(judge(traffic_checks(), "EFA-201", view).verdict == cannot_tell);
}

TEST_CASE(
    "where nobody asked whose queue pairs they are, those of a device it has queues of count") {
  HealthView view = made_c5n();
  view.before = view.now;
  const std::string device = view.now->devices[0].layout->attributes.identity();
  view.ownership->resources = {{device, {6, 1, 1, 1, 1}}};
  ResourceCounts& counts = view.ownership->owners.front().shares.at(0).counts;
  counts = {};
  counts[static_cast<std::size_t>(Resource::cq)] = 1;
  const Finding finding = judge(traffic_checks(), "EFA-201", view);
  CHECK(finding.verdict == warns);
  CHECK(finding.found.find("holds 6 queue pairs on 1 EFA") != std::string::npos);
  view.ownership->resources.clear();
  CHECK(judge(traffic_checks(), "EFA-201", view).verdict == cannot_tell);
}

TEST_CASE("queue pairs of processes that are out of sight are judged by their devices") {
  HealthView view = made_c5n();
  view.before = view.now;
  view.ownership->owners.clear();
  view.ownership->hidden = 5;
  view.ownership->resources = {
      {view.now->devices[0].layout->attributes.identity(), {4, 1, 1, 1, 1}}};
  const Finding finding = judge(traffic_checks(), "EFA-201", view);
  CHECK(finding.verdict == warns);
  CHECK(finding.found.find("not visible from here holds 4 queue pairs on 1 EFA") !=
        std::string::npos);
}

TEST_CASE("a device that was renamed between readings is still the owner's") {
  HealthView view = made_p5();
  change_device(view.before, 0, [](DeviceReading& device) {
    auto layout = std::make_shared<DeviceLayout>(*device.layout);
    layout->attributes.name = "efa_0";
    device.layout = layout;
  });
  view.ownership->owners.front().shares.resize(1);
  CHECK(judge(traffic_checks(), "EFA-201", view).verdict == passes);
}
