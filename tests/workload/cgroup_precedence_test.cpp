#include <string>

#include "collectors/workload/cgroup_path.h"
#include "tests/support/catch.h"
#include "tests/workload/cgroup_rows.h"

namespace efa::test {
namespace {

TEST_CASE(
    "of several workloads along a path the more telling one counts, of two alike the deeper") {
  check({// a slurmd in a pod, or in a container
         {"/kubepods.slice/kubepods-pod$Q.slice/cri-containerd-$C.scope/system.slice/"
          "slurmstepd.scope/job_5/step_0/user/task_0",
          "slurm job=5 step=0 task=0 pod=$P container=$C runtime=containerd"},
         {"/docker/$C/slurm/uid_0/job_5/step_0",
          "slurm job=5 step=0 slurm_uid=0 container=$C runtime=docker"},
         // a container in a job
         {"/system.slice/slurmstepd.scope/job_5/step_0/user/task_0/libpod-$C",
          "slurm job=5 step=0 task=0 container=$C runtime=podman"},
         {"/pbs_jobs.service/jobid/7.server/docker-$C.scope",
          "job system=pbs id=7.server container=$C runtime=docker"},
         // Docker in a pod; Kubernetes in Docker
         {"/kubepods/burstable/pod$P/$C/docker/$D", "pod pod=$P container=$C"},
         {"/docker/$D/kubelet/kubepods/burstable/pod$P/$C", "pod pod=$P container=$C"},
         {"/docker/$D/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod$Q.slice/"
          "cri-containerd-$C.scope",
          "pod pod=$P container=$C runtime=containerd"},
         // systemd in a container, and one service in another
         {"/docker/$C/system.slice/a.service", "container container=$C runtime=docker"},
         {"/system.slice/a.service/system.slice/b.service", "unit unit=b.service"},
         // Slurm in Slurm
         {"/slurm/uid_1/job_5/step_0/slurm/uid_2/job_6", "slurm job=6 slurm_uid=2"}});
}

TEST_CASE("below a user's own manager no job, pod or task is believed") {
  const std::string manager = "0::/user.slice/user-1000.slice/user@1000.service/";
  for (const char* const made_up :
       {"slurmstepd.scope/job_5/step_0/user/task_0", "slurm/uid_0/job_5/step_0",
        "kubepods.slice/kubepods-pod0a1b.slice", "ecs/x/y", "pbspro/jobid/1", "htcondor/a",
        "user-0.slice/session-1.scope"}) {
    CAPTURE(made_up);
    const CgroupWorkload told = parse_cgroup(manager + made_up + "\n");
    CHECK(told.kind == WorkloadKind::unit);
    CHECK(told.uid == 1000U);
  }
}

TEST_CASE("of several hierarchies the most telling one counts, wherever it stands") {
  check({{"13:freezer:/slurm/uid_1000/job_5/step_0\n"
          "12:devices:/slurm/uid_1000/job_5/step_0/task_1\n"
          "11:cpuset:/slurm/uid_1000/job_5/step_0\n"
          "10:pids:/system.slice/slurmd.service\n"
          "1:name=systemd:/system.slice/slurmd.service\n"
          "0::/system.slice/slurmd.service\n",
          "slurm job=5 step=0 task=1 slurm_uid=1000"},
         {"2:cpu,cpuacct:/kubepods/burstable/pod$P/$C\n"
          "1:name=systemd:/system.slice/kubelet.service\n",
          "pod pod=$P container=$C"},
         {"1:name=systemd:/system.slice/docker-$C.scope\n0::/\n",
          "container container=$C runtime=docker"},
         {"0::/system.slice/a.service\n1:name=systemd:/\n", "unit unit=a.service"},
         {"3:cpu:/system.slice/a.service\n2:memory:/system.slice/b.service\n",
          "unit unit=a.service"}});
}

TEST_CASE("a path outside of the reader's cgroup namespace tells what stands whole in it") {
  check({{"/../..", "unknown truncated"},
         {"/..", "unknown truncated"},
         {"/../../foo", "unknown truncated"},
         {"/../$C", "unknown truncated"},
         {"/../step_0/user/task_0", "unknown truncated"},
         {"/../../pod$P/$C", "unknown truncated"},
         {"/../../kubepods-burstable-pod$Q.slice/cri-containerd-$C.scope",
          "pod pod=$P container=$C runtime=containerd truncated"},
         {"/../cri-containerd-$C.scope", "container container=$C runtime=containerd truncated"},
         {"/../../../system.slice/slurmstepd.scope/job_5/step_0/user/task_0",
          "slurm job=5 step=0 task=0 truncated"},
         {"4:memory:/../..\n0::/system.slice/a.service\n", "unit unit=a.service truncated"}});
}

TEST_CASE("what is no cgroup file is unknown, and its ids are never half taken") {
  check({{"", "unknown"},
         {"\n\n\n", "unknown"},
         {":::", "unknown"},
         {"0:/docker/$C", "unknown"},
         {"0::docker/$C\n", "unknown"},
         {"0::/system.slice/a.service", "unit unit=a.service"},
         {"0:://system.slice///a.service/\n", "unit unit=a.service"},
         {"garbage\n0::/system.slice/a.service\n", "unit unit=a.service"},
         {"/system.slice/.service", "unknown"},
         {"/system.slice/a b.service", "unknown"},
         {"/system.slice/\xff\xfe.service", "unknown"},
         {"/system.slice/slurmstepd.scope/job_/step_/task_", "unit unit=slurmstepd.scope"},
         {"/kubepods/pod/$C", "container container=$C"},
         {"/kubepods/burstable/pod<script>/x", "unknown"},
         {"/kubepods-burstable-pod$Q.slice:cri-containerd:", "pod pod=$P"},
         {"/a.slice::", "unknown"}});
  using namespace std::string_literals;
  CHECK(summary(parse_cgroup("0::/system.slice/a\0b.service\n"s)) == "unknown");
  CHECK(summary(parse_cgroup("0::/slurm/uid_1/job_5\0/step_0\n"s)) == "unknown");
}

TEST_CASE("a path of 64 KiB is read in its own time") {
  const std::string deep(65536, '/');
  CHECK(summary(parse_cgroup("0::" + deep)) == "unknown");
  std::string folders = "0::";
  while (folders.size() < 65536) {
    folders += "/a";
  }
  CHECK(summary(parse_cgroup(folders)) == "unknown");
  CHECK(summary(parse_cgroup(folders + "/slurmstepd.scope/job_5/step_0")) == "slurm job=5 step=0");
  CHECK(summary(parse_cgroup("0::/" + std::string(65536, 'a') + ".service")) == "unknown");
}

}  // namespace
}  // namespace efa::test
