#include "tests/health/made_host.h"

namespace efa::test {
namespace {

constexpr std::uint64_t mebibyte = 1U << 20U;

Finding judge(std::string_view code, const HealthView& view, Verdict verdict) {
  return judged(check_of(limit_checks(), code), view, verdict);
}

MadeHost p5() { return MadeHost(HostTree::p5_amazon_linux_2023); }

TEST_CASE("the checks of limits have codes in order and say why in a sentence") {
  keeps_the_form(limit_checks(), "EFA-4");
}

TEST_CASE("a healthy host passes every check of limits, and an unseen one none") {
  passes_if_well(limit_checks());
}

TEST_CASE("a host of 2019 passes the checks of limits") {
  const HealthView view = MadeHost(HostTree::c5n_centos_7_6).view();
  for (const Check& check : limit_checks()) {
    judged(check, view, Verdict::pass);
  }
}

TEST_CASE("without any EFA no limit is judged") {
  for (const Check& check : limit_checks()) {
    CHECK(says(judged(check, view_without_efa(), Verdict::unknown).found, "no EFA"));
  }
}

TEST_CASE("a shell that may lock less than one endpoint needs fails, one below 16 GiB warns") {
  HealthView view = p5().view();
  CHECK(says(judge("EFA-401", view, Verdict::pass).found, "may lock unlimited memory"));
  view.caller_memlock = MemlockLimit{8 * mebibyte, 8 * mebibyte};
  const Finding low = judge("EFA-401", view, Verdict::fail);
  CHECK(says(low.found, "8 MiB of memory, up to 8 MiB"));
  CHECK(says(low.fix, "/etc/security/limits.d/01_efa.conf"));
  CHECK(says(low.fix, "LimitMEMLOCK=infinity"));
  CHECK(low.fix.find("now:") == std::string::npos);
  view.caller_memlock = MemlockLimit{1024 * mebibyte, MemlockLimit::unlimited};
  CHECK(judge("EFA-401", view, Verdict::warn).fix.starts_with("now: ulimit -l unlimited"));
  view.caller_memlock->soft = 16 * 1024 * mebibyte;
  judge("EFA-401", view, Verdict::pass);
}

TEST_CASE("root's own limit tells nothing of those who run jobs") {
  HealthView view = p5().view();
  view.is_root = true;
  judge("EFA-401", view, Verdict::pass);
  view.caller_memlock = MemlockLimit{65536, 65536};
  CHECK(says(judge("EFA-401", view, Verdict::unknown).found, "64 KiB"));
}

TEST_CASE("processes with EFA that may lock too little are named") {
  HealthView view = p5().view();
  view.holders[1].memlock->soft = 65536;
  const Finding low = judge("EFA-402", view, Verdict::warn);
  CHECK(says(low.found, "slurm:1234.0 (python3, pid 78) 64 KiB"));
  view.holders[1].memlock.reset();
  judge("EFA-402", view, Verdict::unknown);
  view.holders.clear();
  CHECK(says(judge("EFA-402", view, Verdict::unknown).fix, "while a job runs"));
}

TEST_CASE("no huge pages of the default size are a warning with the line to write") {
  MadeHost host = p5();
  host.tree.hugepages(2048, 0, 0);
  const Finding none = judge("EFA-403", host.view(), Verdict::warn);
  CHECK(says(none.found, "no huge pages of 2 MiB"));
  CHECK(says(none.fix, "/etc/sysctl.d/90-efa-hugepages.conf"));
}

TEST_CASE("huge pages that jobs on EFA have taken are well used") {
  MadeHost host = p5();
  host.tree.hugepages(2048, 5128, 12);
  HealthView view = host.view();
  CHECK(says(judge("EFA-403", view, Verdict::pass).found, "5128 huge pages of 2 MiB, 12 free"));
  view.ownership->owners.clear();
  CHECK(says(judge("EFA-403", view, Verdict::warn).found, "nobody uses EFA"));
  view.ownership.reset();
  judge("EFA-403", view, Verdict::unknown);
}

TEST_CASE("huge pages that are promised are not free") {
  MadeHost host = p5();
  host.tree.write("/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", "4990\n");
  HealthView view = host.view();
  view.ownership->owners.clear();
  CHECK(says(judge("EFA-403", view, Verdict::warn).found, "10 free"));
}

TEST_CASE("the huge pages to set aside are what is missing, on top of what is there") {
  MadeHost host = p5();
  // 55 pages of 2 MiB for an endpoint on each of 32 EFAs.
  host.tree.hugepages(2048, 0, 0);
  CHECK(says(judge("EFA-403", host.view(), Verdict::warn).fix, "vm.nr_hugepages=1760 "));
  host.tree.hugepages(2048, 8192, 10);
  HealthView view = host.view();
  view.ownership->owners.clear();
  CHECK(says(judge("EFA-403", view, Verdict::warn).fix, "vm.nr_hugepages=9942 "));
  // Without a device that is known it is for one of them.
  view.now = std::make_shared<Reading>();
  CHECK(says(judge("EFA-403", view, Verdict::warn).fix, "vm.nr_hugepages=8237 "));
  // Of another size there are as few as it takes.
  view.host->hugepages.default_page_bytes = 1024 * mebibyte;
  view.host->hugepages.pools = {{1024 * mebibyte, 3, 0, 0}};
  CHECK(says(judge("EFA-403", view, Verdict::warn).fix, "vm.nr_hugepages=4 "));
}

TEST_CASE("a kernel that does not tell its huge pages leaves them unknown") {
  HealthView view = p5().view();
  view.host->hugepages.pools.front().free.reset();
  judge("EFA-403", view, Verdict::unknown);
  view.host->hugepages.pools.clear();
  judge("EFA-403", view, Verdict::unknown);
}

TEST_CASE("a ptrace scope above 0 is a warning, a kernel without Yama has none") {
  MadeHost host = p5();
  host.tree.write("/proc/sys/kernel/yama/ptrace_scope", "1\n");
  CHECK(says(judge("EFA-404", host.view(), Verdict::warn).fix, "/etc/sysctl.d/10-ptrace.conf"));
  host.tree.write("/proc/sys/kernel/yama/ptrace_scope", "3\n");
  CHECK(says(judge("EFA-404", host.view(), Verdict::warn).fix, "reboot"));
  host.tree.write("/proc/sys/kernel/yama/ptrace_scope", "what\n");
  judge("EFA-404", host.view(), Verdict::unknown);
  host.tree.remove("/proc/sys/kernel/yama");
  CHECK(says(judge("EFA-404", host.view(), Verdict::pass).found, "no Yama"));
}

TEST_CASE("a device without a uverbs device in the kernel is named") {
  HealthView view = p5().view();
  view.host->uverbs->nodes.pop_back();
  CHECK(says(judge("EFA-405", view, Verdict::fail).found, "uverbs device for rdmap"));
  view.host->uverbs.reset();
  judge("EFA-405", view, Verdict::unknown);
}

TEST_CASE("a node that is missing in /dev warns, all of them missing fails") {
  MadeHost host = p5();
  host.tree.remove("/dev/infiniband/uverbs3");
  const Finding one = judge("EFA-406", host.view(), Verdict::warn);
  CHECK(says(one.found, "/dev/infiniband/uverbs3 (rdmap82s0)"));
  host.tree.remove("/dev/infiniband").folder("/dev/infiniband");
  CHECK(says(judge("EFA-406", host.view(), Verdict::fail).found, "and 29 more"));
  judge("EFA-407", host.view(), Verdict::unknown);
}

TEST_CASE("a plain file in place of a node is no node") {
  MadeHost host = p5();
  host.tree.node_permissions(0, 0666);
  CHECK(says(judge("EFA-406", host.view(), Verdict::warn).found, "uverbs0"));
}

TEST_CASE("a service may have a /dev of its own, a shell without /dev/infiniband has no EFA") {
  MadeHost host = p5();
  host.tree.remove("/dev/infiniband");
  HealthView view = host.view();
  CHECK(says(judge("EFA-406", view, Verdict::fail).fix, "vpc.amazonaws.com/efa"));
  view.caller_memlock.reset();
  view.caller_environment.reset();
  judge("EFA-406", view, Verdict::unknown);
}

TEST_CASE("from the agent's container the host's /dev may be out of sight, which is no fault") {
  MadeHost host = p5();
  host.tree.remove("/dev");
  HealthView view = host.view();
  view.is_in_container = true;
  CHECK(says(judge("EFA-406", view, Verdict::unknown).fix, "where the job runs"));
  judge("EFA-407", view, Verdict::unknown);
  // Mounted, and without the nodes: then the host lacks them.
  host.tree.folder("/dev");
  view = host.view();
  view.is_in_container = true;
  const Finding finding = judge("EFA-406", view, Verdict::fail);
  CHECK(says(finding.fix, "udevadm trigger"));
  CHECK(finding.fix.find("vpc.amazonaws.com/efa") == std::string::npos);
}

TEST_CASE("the limit of the agent's container is no job's") {
  HealthView view = p5().view();
  view.is_in_container = true;
  for (const std::uint64_t limit : {8 * mebibyte, MemlockLimit::unlimited}) {
    view.caller_memlock = MemlockLimit{limit, limit};
    CHECK(says(judge("EFA-401", view, Verdict::unknown).fix, "where the job runs"));
  }
}

TEST_CASE("nodes for their owner alone fail, those for a group warn") {
  HealthView view = p5().view();
  view.host->uverbs->nodes[1].node->permissions = 0660;
  const Finding group = judge("EFA-407", view, Verdict::warn);
  CHECK(says(group.found, "/dev/infiniband/uverbs1 0660"));
  CHECK(says(group.fix, "/etc/udev/rules.d/90-efa.rules"));
  view.host->uverbs->nodes[2].node->permissions = 0600;
  CHECK(says(judge("EFA-407", view, Verdict::fail).found, "uverbs2 0600"));
}

TEST_CASE("nodes cannot be looked for without a device") {
  HealthView view = p5().view();
  view.now = std::make_shared<Reading>();
  for (const auto* code : {"EFA-405", "EFA-406", "EFA-407"}) {
    CHECK(says(judge(code, view, Verdict::unknown).fix, "EFA-408"));
  }
}

TEST_CASE("a module that is not loaded fails, one that comes or goes warns") {
  MadeHost host = p5();
  host.tree.write("/sys/module/efa/initstate", "going\n");
  host.tree.write("/sys/module/ib_uverbs/initstate", "coming\n");
  judge("EFA-408", host.view(), Verdict::warn);
  judge("EFA-409", host.view(), Verdict::warn);
  HealthView view = host.view();
  for (KernelModule& module : view.host->modules) {
    module.state = ModuleState::absent;
  }
  CHECK(says(judge("EFA-408", view, Verdict::fail).fix, "sudo modprobe efa"));
  CHECK(says(judge("EFA-409", view, Verdict::fail).fix, "sudo modprobe ib_uverbs"));
  for (KernelModule& module : view.host->modules) {
    module.state = ModuleState::built_in;
  }
  CHECK(says(judge("EFA-408", view, Verdict::pass).found, "built into"));
  for (KernelModule& module : view.host->modules) {
    module.state.reset();
  }
  judge("EFA-408", view, Verdict::unknown);
  judge("EFA-409", view, Verdict::unknown);
}

TEST_CASE("functions on the bus without a device are an EFA without its driver") {
  HealthView view = p5().view();
  view.now = std::make_shared<Reading>();
  view.host->modules.front().state = ModuleState::absent;
  REQUIRE(view.host->modules.front().name == "efa");
  judge("EFA-408", view, Verdict::fail);
}

TEST_CASE("a driver that does not count retransmissions warns, unless the hardware cannot") {
  HealthView view = p5().view();
  const auto without = [](std::string version) {
    return [version](DeviceReading& /*device*/, DeviceLayout& layout) {
      layout.attributes.driver_version = version;
      std::erase_if(layout.counters, [](const auto& slot) { return slot.file == "retrans_pkts"; });
    };
  };
  change_devices(view, without("2.15.3g"));
  CHECK(says(judge("EFA-410", view, Verdict::warn).found, "driver 2.15.3g is older than 2.17"));
  view.instance.instance_type = "p3dn.24xlarge";
  CHECK(says(judge("EFA-410", view, Verdict::pass).found, "'not supported'"));
  view.instance.instance_type.clear();
  change_devices(view, without("2.17.0g"));
  judge("EFA-410", view, Verdict::unknown);
  view.host->modules.front().version.clear();
  change_devices(view, without(""));
  CHECK(says(judge("EFA-410", view, Verdict::warn).found, "the kernel's own driver"));
  view.now.reset();
  judge("EFA-410", view, Verdict::unknown);
}

TEST_CASE("the counters of an unknown instance type may be zeros that mean nothing") {
  HealthView view = p5().view();
  view.instance.instance_type.clear();
  CHECK(says(judge("EFA-410", view, Verdict::pass).found, "before Nitro v4"));
}

}  // namespace
}  // namespace efa::test
