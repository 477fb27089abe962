#include "collectors/health/check.h"
#include "tests/health/made_view.h"
#include "tests/support/catch.h"

using namespace efa;
using namespace efa::test;

namespace {

constexpr Verdict passes = Verdict::pass;
constexpr Verdict warns = Verdict::warn;
constexpr Verdict fails = Verdict::fail;
constexpr Verdict cannot_tell = Verdict::unknown;

void stand_still(HealthView& view) { view.before = view.now; }

void end_probe(HealthView& view, ProbeReport::Problem problem, const char* detail) {
  view.probe = ProbeReport{{}, {}, problem, detail};
}

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
    {"EFA-202", cannot_tell, "could not be asked: rdma netlink: ", "EFA-006",
     [](HealthView& view) {
       view.library_users = {{42, "python3", "libnccl-net.so"}};
       view.ownership->problem = Error{Reason::denied, 1, "rdma netlink"};
     }},
    {"EFA-202", cannot_tell, "could not be asked; ", "EFA-006",
     [](HealthView& view) {
       view.library_users = {{42, "python3", "libnccl-net.so"}};
       view.ownership.reset();
     }},
    {"EFA-202", cannot_tell, "not permitted", "sudo efa-agent doctor",
     [](HealthView& view) { view.library_users.reset(); }},
    {"EFA-202", cannot_tell, "no EFA device", "", remove_devices},
    {"EFA-203", passes,
     "32 EFAs, of each: RDMA read yes, write not told by this libefa, 32 B inline, 256 queue pairs "
     "of up to "
     "4,096 sends and 32,768 receives",
     "", [](HealthView&) {}},
    {"EFA-203", passes, "write no, 96 B inline", "",
     [](HealthView& view) {
       for (ProbedDevice& device : view.probe->devices) {
         device.offers->rdma_write = false;
         device.offers->wide_inline_bytes = 96;
       }
     }},
    {"EFA-203", passes, "(rdmap16s27; others differ, see --json)", "",
     [](HealthView& view) { view.probe->devices[7].offers->rdma_write = true; }},
    {"EFA-203", cannot_tell, "not asked for", "efa-agent doctor --probe",
     [](HealthView& view) { view.probe.reset(); }},
    {"EFA-203", cannot_tell, "no EFA device", "", remove_devices},
    {"EFA-203", cannot_tell, "neither beside efa-agent nor in PATH", "libibverbs-dev",
     [](HealthView& view) { end_probe(view, ProbeReport::Problem::no_program, ""); }},
    {"EFA-203", cannot_tell, "could not be started: /a/efa-probe: Permission denied", "ls -l",
     [](HealthView& view) {
       end_probe(view, ProbeReport::Problem::not_started, "/a/efa-probe: Permission denied");
     }},
    {"EFA-203", cannot_tell, "for want of libibverbs.so.1 or libefa.so.1", "ibverbs-providers",
     [](HealthView& view) { end_probe(view, ProbeReport::Problem::not_loaded, ""); }},
    {"EFA-203", cannot_tell, "libefa.so.1: /a: version `EFA_1.1' not found", "rdma-core",
     [](HealthView& view) {
       end_probe(view, ProbeReport::Problem::not_loaded, "/a: version `EFA_1.1' not found");
     }},
    {"EFA-203", cannot_tell, "a glibc that is not here: /b: version `GLIBC_2.34' not found",
     "--target efa-probe",
     [](HealthView& view) {
       end_probe(view, ProbeReport::Problem::other_libc, "/b: version `GLIBC_2.34' not found");
     }},
    {"EFA-203", cannot_tell, "efa-probe was killed by SIGSEGV", "run efa-probe",
     [](HealthView& view) {
       end_probe(view, ProbeReport::Problem::failed, "was killed by SIGSEGV");
     }},
    {"EFA-203", cannot_tell, "no report (no JSON)", "same version",
     [](HealthView& view) { end_probe(view, ProbeReport::Problem::malformed, "no JSON"); }},
    {"EFA-203", fails, "did not answer within 10 s", "EFA-702",
     [](HealthView& view) { end_probe(view, ProbeReport::Problem::no_answer, "10 s"); }},
    {"EFA-203", fails, "fails at 'open device' with EACCES (text of EACCES)",
     "sudo chmod 666 /dev/infiniband/uverbs3",
     [](HealthView& view) { break_probe(view, 3, ProbeStep::open_device, "EACCES"); }},
    {"EFA-203", fails, "with EPERM", "--device",
     [](HealthView& view) { break_probe(view, 3, ProbeStep::open_device, "EPERM"); }},
    {"EFA-203", fails, "with ENODEV", "EFA-701",
     [](HealthView& view) { break_probe(view, 3, ProbeStep::open_device, "ENODEV"); }},
    {"EFA-203", fails, "with ENOSYS", "EFA-502",
     [](HealthView& view) { break_probe(view, 3, ProbeStep::open_device, "ENOSYS"); }},
    {"EFA-203", warns,
     "rdmap19s27 cannot be opened without its node /dev/infiniband/uverbs3, which in a container",
     "EFA-406", [](HealthView& view) { break_probe(view, 3, ProbeStep::open_device, "ENOENT"); }},
    {"EFA-203", fails, "hangs at 'open device'", "EFA-702",
     [](HealthView& view) { break_probe(view, 3, ProbeStep::open_device, ""); }},
    {"EFA-203", fails, "hangs at 'create SRD queue pair'", "drivers/efa/unbind",
     [](HealthView& view) { break_probe(view, 3, ProbeStep::create_qp, ""); }},
    {"EFA-203", fails, "fails at 'register memory' with ENOMEM", "ulimit -l unlimited",
     [](HealthView& view) { break_probe(view, 3, ProbeStep::register_memory, "ENOMEM"); }},
    {"EFA-203", fails, "fails at 'register memory' with EPERM", "ulimit -l unlimited",
     [](HealthView& view) { break_probe(view, 3, ProbeStep::register_memory, "EPERM"); }},
    {"EFA-203", fails, "fails at 'create SRD queue pair' with ENOMEM", "rdma resource show",
     [](HealthView& view) { break_probe(view, 3, ProbeStep::create_qp, "ENOMEM"); }},
    {"EFA-203", fails, "fails at 'tear down' with ETIME", "drivers/efa/unbind",
     [](HealthView& view) { break_probe(view, 3, ProbeStep::tear_down, "ETIME"); }},
    {"EFA-203", fails,
     "rdmap17s27 fails at 'queue pair to RTS' with EIO (text of EIO); 2 EFAs of 32", "dmesg",
     [](HealthView& view) {
       break_probe(view, 0, ProbeStep::open_device, "ENOENT");
       break_probe(view, 1, ProbeStep::qp_to_rts, "EIO");
     }},
    {"EFA-203", fails, "libibverbs does not list rdmap21s27", "ibverbs-providers",
     [](HealthView& view) { view.probe->devices.erase(view.probe->devices.begin() + 5); }},
    {"EFA-203", fails, "rdmap16s27: Function not implemented; 32 EFAs of 32 do not work", "EFA-405",
     [](HealthView& view) {
       view.probe->devices.clear();
       view.probe->list_error = "Function not implemented";
     }},
};

}  // namespace

TEST_CASE("checks of jobs' traffic come to every verdict they can") {
  check_cases(traffic_checks(), cases,
              {{"EFA-201", {passes, warns, cannot_tell}},
               {"EFA-202", {passes, warns, cannot_tell}},
               {"EFA-203", {passes, warns, fails, cannot_tell}}});
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

TEST_CASE("each step of the probe that fails, fails the check and is named") {
  for (std::size_t i = 0; i < probe_step_count; ++i) {
    const auto step = static_cast<ProbeStep>(i);
    HealthView view = made_p5();
    break_probe(view, 31, step, "EINVAL");
    const Finding finding = judge(traffic_checks(), "EFA-203", view);
    CHECK(finding.verdict == fails);
    CHECK(finding.found.find("rdmap47s27 fails at '" + std::string(to_string(step)) + "'") !=
          std::string::npos);
  }
}

TEST_CASE(
    "a device that libibverbs passes over for want of its node is not told to be unknown to it") {
  HealthView view = made_p5();
  view.probe->devices.erase(view.probe->devices.begin());
  view.host->uverbs.emplace();
  view.host->uverbs->nodes = {{"uverbs0", "rdmap16s27", {}}};
  const Finding finding = judge(traffic_checks(), "EFA-203", view);
  CHECK(finding.verdict == warns);
  CHECK(finding.found.find("without its node /dev/infiniband/uverbs0") != std::string::npos);
  view.host->uverbs->nodes[0].node.emplace();
  CHECK(judge(traffic_checks(), "EFA-203", view).verdict == fails);
}

TEST_CASE("devices that work pass, also if it is not known what they offer") {
  HealthView view = made_p5();
  view.probe->devices[0].offers.reset();
  CHECK(judge(traffic_checks(), "EFA-203", view).found == "32 EFAs");
}

TEST_CASE("no node at all is a failure, wherever that is") {
  HealthView view = made_c5n();
  break_probe(view, 0, ProbeStep::open_device, "ENOENT");
  CHECK(judge(traffic_checks(), "EFA-203", view).verdict == fails);
}
