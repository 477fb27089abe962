#include "collectors/ownership/ownership_reader.h"

#include <cerrno>

#include "collectors/netlink/rdma_numbers.h"
#include "tests/netlink/fake_transport.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/faulty_files.h"
#include "tests/workload/fake_proc.h"

namespace efa::test {
namespace {

constexpr const char* kernel_answers = "linux_7.3/";
constexpr const char* slurm = "0::/system.slice/slurmstepd.scope/job_7/step_0/user/task_0\n";

std::uint64_t count(const ResourceCounts& counts, Resource resource) {
  return counts[static_cast<std::size_t>(resource)].value_or(0);
}

struct Fixture {
  FakeProc proc;
  FaultyFiles files;
  ManualClock clock;
  FakeTransport kernel;
  RdmaNetlink rdma{kernel, clock};
  PodNames pods{files, clock, "/nowhere", "/nowhere"};
  ProcessCache processes{files, clock, pods, proc.root(), false};
  OwnershipReader reader{rdma, processes, clock};
  const std::vector<NamedDevice> devices{{"0000:10:1b.0", "efa_0"}};

  void answer(const std::string& name) { kernel.answer(recorded_answer(kernel_answers + name)); }
  // To all that is asked of one device.
  void answer_all() {
    for (const char* const name :
         {"devices", "resource_summary", "contexts", "pds", "cqs", "mrs"}) {
      answer(name);
    }
  }
  // Who held the objects when they were recorded.
  std::uint32_t holder() {
    FakeTransport once;
    RdmaNetlink asked(once, clock);
    once.answer(recorded_answer(std::string(kernel_answers) + "contexts"));
    const auto contexts = asked.objects(0, ObjectKind::context);
    REQUIRE(contexts);
    REQUIRE(contexts->entries.at(0).pid);
    return *contexts->entries[0].pid;
  }
};

TEST_CASE("what a process holds of a device is its workload's") {
  Fixture f;
  f.proc.set({.pid = f.holder(), .cgroup = slurm});
  f.answer_all();
  const Ownership ownership = f.reader.read(f.devices, false);

  CHECK_FALSE(ownership.problem);
  CHECK(ownership.hidden == 0);
  REQUIRE(ownership.resources.size() == 1);
  CHECK(ownership.resources[0].device == "0000:10:1b.0");
  CHECK(count(ownership.resources[0].counts, Resource::qp) == 3);
  REQUIRE(ownership.owners.size() == 1);
  CHECK(ownership.owners[0].workload.owner == "slurm:7.0");
  CHECK(ownership.owners[0].processes == 1);
  REQUIRE(ownership.owners[0].shares.size() == 1);
  const Share& share = ownership.owners[0].shares[0];
  CHECK(count(share.counts, Resource::ctx) == 1);
  CHECK(count(share.counts, Resource::pd) == 1);
  CHECK(count(share.counts, Resource::cq) == 1);
  CHECK(count(share.counts, Resource::mr) == 1);
  CHECK(share.registered_bytes == 65536);
  CHECK_FALSE(share.counts[static_cast<std::size_t>(Resource::qp)]);
}

TEST_CASE("a host without devices is not asked who uses them") {
  Fixture f;
  const Ownership ownership = f.reader.read({}, false);
  CHECK(ownership.owners.empty());
  CHECK_FALSE(ownership.problem);
  CHECK(f.kernel.requests().empty());
}

TEST_CASE("only the devices that were named are asked about") {
  Fixture f;
  f.answer("devices");
  const std::vector<NamedDevice> others{{"0000:00:09.0", "rdmap9s0"}};
  CHECK(f.reader.read(others, false).resources.empty());
  CHECK(f.kernel.requests().size() == 1);
}

TEST_CASE("objects of processes that are not to be seen are counted as hidden") {
  Fixture f;
  f.answer("devices");
  f.answer("resource_summary");
  f.answer("contexts_of_others");
  f.kernel.answer({done()});
  f.kernel.answer({done()});
  f.answer("mrs_of_others");
  const Ownership ownership = f.reader.read(f.devices, false);
  CHECK(ownership.hidden == 2);
  CHECK(ownership.owners.empty());
  CHECK(ownership.resources.size() == 1);
}

TEST_CASE("a process that has ended meanwhile holds nothing, and hides nothing") {
  Fixture f;
  f.answer_all();
  const Ownership ownership = f.reader.read(f.devices, false);
  CHECK(ownership.owners.empty());
  CHECK(ownership.hidden == 0);
  CHECK_FALSE(ownership.problem);
}

TEST_CASE("objects of one kind that cannot be listed cost only these") {
  Fixture f;
  f.proc.set({.pid = f.holder(), .cgroup = slurm});
  f.answer("devices");
  f.answer("resource_summary");
  f.kernel.answer({acknowledgement(EPERM)});
  for (const char* const name : {"pds", "cqs", "mrs"}) {
    f.answer(name);
  }
  const Ownership ownership = f.reader.read(f.devices, false);
  REQUIRE(ownership.problem);
  CHECK(ownership.problem->reason == Reason::denied);
  REQUIRE(ownership.owners.size() == 1);
  CHECK(count(ownership.owners[0].shares.at(0).counts, Resource::mr) == 1);
}

TEST_CASE("queue pairs are asked for if they are wanted, and once a minute") {
  Fixture f;
  f.proc.set({.pid = f.holder(), .cgroup = slurm});
  const auto held = [&] {
    const Ownership ownership = f.reader.read(f.devices, true);
    REQUIRE(ownership.owners.size() == 1);
    return count(ownership.owners[0].shares.at(0).counts, Resource::qp);
  };
  f.answer_all();
  f.answer("qps");
  CHECK(held() == 3);
  const std::size_t requests = f.kernel.requests().size();

  f.clock.advance(OwnershipReader::queue_pair_age - std::chrono::seconds(1));
  f.answer_all();
  CHECK(held() == 3);
  CHECK(f.kernel.requests().size() == 2 * requests - 1);

  f.clock.advance(std::chrono::seconds(1));
  f.answer_all();
  f.answer("qps");
  CHECK(held() == 3);
  CHECK(f.kernel.requests().size() == 3 * requests - 1);
}

TEST_CASE("a pid that is given to another process is another workload's") {
  Fixture f;
  const std::uint32_t pid = f.holder();
  f.proc.set({.pid = pid, .start_ticks = 1000, .cgroup = slurm});
  CHECK((*f.processes.find(pid))->owner == "slurm:7.0");
  f.processes.forget_unused();
  f.proc.set({.pid = pid, .start_ticks = 2000, .cgroup = "0::/system.slice/b.service\n"});
  CHECK((*f.processes.find(pid))->owner == "unit:b.service");
  f.processes.forget_unused();
  f.proc.remove(pid);
  CHECK(f.processes.find(pid).error().reason == Reason::absent);
}

TEST_CASE("a process with many objects is looked at once") {
  Fixture f;
  f.proc.set({.pid = 100});
  REQUIRE(f.processes.find(100));
  const auto opens = f.files.opens("100");
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(f.processes.find(100));
  }
  CHECK(f.files.opens("100") == opens);
}

TEST_CASE("a process that is moved to another cgroup is found there within a minute") {
  Fixture f;
  f.proc.set({.pid = 100, .cgroup = "0::/user.slice/user-1000.slice/session-3.scope\n"});
  CHECK((*f.processes.find(100))->owner == "session:1000/3");
  f.proc.set({.pid = 100, .cgroup = slurm});
  f.processes.forget_unused();
  CHECK((*f.processes.find(100))->owner == "session:1000/3");
  f.processes.forget_unused();
  f.clock.advance(ProcessCache::longest_age);
  CHECK((*f.processes.find(100))->owner == "slurm:7.0");
}

TEST_CASE("where the cgroup tells no job, the environment does if it is wanted") {
  Fixture f;
  f.proc.set({.pid = 100, .cgroup = "0::/system.slice/slurmd.service\n"});
  f.proc.set(100, "environ", std::string("SLURM_JOB_ID=42\0SLURM_STEP_ID=1\0SECRET=x\0", 42));
  CHECK((*f.processes.find(100))->owner == "unit:slurmd.service");
  ProcessCache with_environment(f.files, f.clock, f.pods, f.proc.root(), true);
  CHECK((*with_environment.find(100))->owner == "slurm:42.1");
}

}  // namespace
}  // namespace efa::test
