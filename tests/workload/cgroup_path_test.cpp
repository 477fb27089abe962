#include "collectors/workload/cgroup_path.h"

#include "tests/support/catch.h"
#include "tests/workload/cgroup_rows.h"

namespace efa::test {
namespace {

TEST_CASE("a Slurm step is told by its v1 cgroup") {
  check({{"5:memory:/slurm/uid_1000/job_1234/step_0/task_3\n",
          "slurm job=1234 step=0 task=3 slurm_uid=1000"},
         {"5:memory:/slurm/uid_1000/job_1234/step_batch\n",
          "slurm job=1234 step=batch slurm_uid=1000"},
         {"5:memory:/slurm/uid_1000/job_1234/step_extern/task_0\n",
          "slurm job=1234 step=extern task=0 slurm_uid=1000"},
         {"5:memory:/slurm/uid_1000/job_1234\n", "slurm job=1234 slurm_uid=1000"},
         {"5:memory:/slurm_node17/uid_1000/job_1234/step_2\n",
          "slurm job=1234 step=2 slurm_uid=1000"},
         {"5:memory:/site/hpc/uid_1000/job_1234/step_2\n", "slurm job=1234 step=2 slurm_uid=1000"},
         {"5:memory:/site/hpc/job_1234/step_2\n", "slurm job=1234 step=2"},
         {"5:memory:/slurm/system\n", "unknown"},
         {"5:memory:/slurm/uid_1000\n", "unknown"},
         {"5:memory:/site/job_1234\n", "unknown"}});
}

TEST_CASE("a Slurm step is told by its v2 cgroup") {
  check({{"/system.slice/slurmstepd.scope/job_1234/step_0/user/task_7",
          "slurm job=1234 step=0 task=7"},
         {"/system.slice/slurmstepd.scope/job_1234/step_0/user/task_special",
          "slurm job=1234 step=0 task=special"},
         {"/system.slice/slurmstepd.scope/job_1234/step_batch/user/task_0",
          "slurm job=1234 step=batch task=0"},
         {"/system.slice/slurmstepd.scope/job_1234/step_extern/user/task_special",
          "slurm job=1234 step=extern task=special"},
         {"/system.slice/slurmstepd.scope/job_1234/step_interactive/user/task_0",
          "slurm job=1234 step=interactive task=0"},
         {"/system.slice/slurmstepd.scope/job_1234/step_0+1/user/task_0",
          "slurm job=1234 step=0+1 task=0"},
         {"/system.slice/node17_slurmstepd.scope/job_1234/step_0/user/task_0",
          "slurm job=1234 step=0 task=0"},
         {"/system.slice/slurmstepd.scope/job_1234/step_0/slurm", "slurm job=1234 step=0"},
         {"/system.slice/slurmstepd.scope/job_1234", "slurm job=1234"},
         {"/system.slice/slurmstepd.scope/job_1234/step_0 (deleted)", "slurm job=1234 step=0"},
         {"/system.slice/slurmstepd.scope/system", "unit unit=slurmstepd.scope"},
         {"/system.slice/slurmd.service", "unit unit=slurmd.service"},
         {"/system.slice/slurm_exporter.service", "unit unit=slurm_exporter.service"},
         {"/system.slice/slurmstepd.scope/job_12x4/step_0", "unit unit=slurmstepd.scope"},
         {"/system.slice/slurmstepd.scope/job_123456789012345678901/step_0",
          "unit unit=slurmstepd.scope"}});
}

TEST_CASE("a pod is told with the cgroupfs driver") {
  check({{"/kubepods/pod$P/$C", "pod pod=$P container=$C"},
         {"/kubepods/burstable/pod$P/$C", "pod pod=$P container=$C"},
         {"/kubepods/besteffort/pod$P/$C", "pod pod=$P container=$C"},
         {"/kubepods/burstable/pod$S/$C", "pod pod=$S container=$C"},
         {"/kubepods/burstable/podmy-own-uid/$C", "pod pod=my-own-uid container=$C"},
         {"/kubepods/burstable/pod$P", "pod pod=$P"},
         {"/kubepods/burstable/pod$P/crio-$C", "pod pod=$P container=$C runtime=crio"},
         {"/kubepods/burstable/pod$P/$C/podman/x", "pod pod=$P container=$C"},
         {"/kubelet/kubepods/burstable/pod$P/$C", "pod pod=$P container=$C"},
         {"/kubepods/burstable", "unknown"},
         {"/podruntime/pod$P", "unknown"}});
}

TEST_CASE("a pod is told with the systemd driver") {
  check({{"/kubepods.slice/kubepods-pod$Q.slice/cri-containerd-$C.scope",
          "pod pod=$P container=$C runtime=containerd"},
         {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod$Q.slice/"
          "cri-containerd-$C.scope",
          "pod pod=$P container=$C runtime=containerd"},
         {"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod$Q.slice/crio-$C.scope",
          "pod pod=$P container=$C runtime=crio"},
         {"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod$Q.slice/crio-$C.scope/"
          "container",
          "pod pod=$P container=$C runtime=crio"},
         {"/kubepods.slice/kubepods-pod$Q.slice/crio-conmon-$C.scope",
          "pod pod=$P container=$C runtime=crio"},
         {"/kubepods.slice/kubepods-pod$Q.slice/docker-$C.scope",
          "pod pod=$P container=$C runtime=docker"},
         {"/kubepods.slice/kubepods-pod$S.slice/cri-containerd-$C.scope",
          "pod pod=$S container=$C runtime=containerd"},
         {"/kubepods.slice/kubepods-pod$Q.slice", "pod pod=$P"},
         {"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
          "kubelet-kubepods-burstable-pod$Q.slice/cri-containerd-$C.scope",
          "pod pod=$P container=$C runtime=containerd"},
         {"/system.slice/containerd.service/kubepods-burstable-pod$Q.slice:cri-containerd:$C",
          "pod pod=$P container=$C runtime=containerd"},
         {"/kubepods-besteffort-pod$Q.slice:cri-containerd:$C",
          "pod pod=$P container=$C runtime=containerd"},
         {"/kubepods.slice/kubepods-burstable.slice", "unknown"}});
}

TEST_CASE("containers are told by their runtimes") {
  check({{"/docker/$C", "container container=$C runtime=docker"},
         {"/system.slice/docker-$C.scope", "container container=$C runtime=docker"},
         {"/machine.slice/libpod-$C.scope", "container container=$C runtime=podman"},
         {"/machine.slice/libpod-$C.scope/container", "container container=$C runtime=podman"},
         {"/machine.slice/libpod-conmon-$C.scope", "container container=$C runtime=podman"},
         {"/libpod_parent/libpod-$C", "container container=$C runtime=podman"},
         {"/libpod_parent/$C", "container container=$C runtime=podman"},
         {"/machine.slice/machine-libpod_pod_$D.slice/libpod-$C.scope",
          "container container=$C runtime=podman"},
         {"/system.slice/web.service/libpod-payload-$C", "container container=$C runtime=podman"},
         {"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-$C.scope",
          "container container=$C runtime=podman uid=1000"},
         {"/default/$C", "container container=$C runtime=containerd"},
         {"/default/training", "container container=training runtime=containerd"},
         {"/k8s.io/$C", "container container=$C runtime=containerd"},
         {"/system.slice/nerdctl-$C.scope", "container container=$C runtime=containerd"},
         {"/system.slice/other-one-$C.scope", "container container=$C runtime=other-one"},
         {"/own-parent/$C", "container container=$C"},
         {"/$C", "container container=$C"},
         {"/docker/$C/docker/$D", "container container=$D runtime=docker"},
         {"/docker/0123456789ab", "unknown"},
         {"/docker/buildx", "unknown"}});
}

TEST_CASE("a task of ECS or AWS Batch is told") {
  check({{"/ecs/$T/$C", "ecs task=$T container=$C"},
         {"/ecs/$T", "ecs task=$T"},
         {"/ecs/$T/$T-3537757327", "ecs task=$T container=$T-3537757327"},
         {"/ecstasks.slice/ecstasks-$T.slice/docker-$C.scope",
          "ecs task=$T container=$C runtime=docker"},
         {"/ecs/$T/$C/docker/$D", "ecs task=$T container=$C"},
         {"/ecs", "unknown"}});
}

TEST_CASE("jobs of PBS, LSF and HTCondor are told") {
  check({{"/pbspro/jobid/123.server", "job system=pbs id=123.server"},
         {"/pbspro.service/jobid/123[4].server", "job system=pbs id=123[4].server"},
         {"4:memory:/pbs_jobs.service/jobid/123.server\n", "job system=pbs id=123.server"},
         {"/pbs_jobs.service/jobs/123.server", "job system=pbs id=123.server"},
         {"/lsf/cluster1/job.1234.5678.1690000000", "job system=lsf id=1234"},
         {"/lsf/cluster1/job.1234[5].5678.1690000000/x", "job system=lsf id=1234[5]"},
         {"/htcondor/condor_var_lib_condor_execute_slot1_1@host",
          "job system=htcondor id=condor_var_lib_condor_execute_slot1_1@host"},
         {"/system.slice/condor.service/htcondor/condor_slot1",
          "job system=htcondor id=condor_slot1"},
         {"/pbs_jobs.service", "unit unit=pbs_jobs.service"},
         {"/site/jobid/123.server", "unknown"},
         {"/site/cluster1/job.1234.5", "unknown"}});
}

TEST_CASE("units and sessions of systemd are told") {
  check({{"/system.slice/nccl-test.service", "unit unit=nccl-test.service"},
         {"/system.slice/train@node-1.service", "unit unit=train@node-1.service"},
         {R"(/system.slice/system-train.slice/train@a\x2db.service)",
          R"(unit unit=train@a\x2db.service)"},
         {"/system.slice/_cpu.service", "unit unit=cpu.service"},
         {"/system.slice/a.service/b/c", "unit unit=a.service"},
         {"/system.slice/run-u12.scope", "unit unit=run-u12.scope"},
         {R"(/machine.slice/machine-qemu\x2d1\x2dinstance\x2d00000001.scope/emulator)",
          R"(unit unit=machine-qemu\x2d1\x2dinstance\x2d00000001.scope)"},
         {"/user.slice/user-1000.slice/session-3.scope", "session session=3 uid=1000"},
         {"/user.slice/user-1000.slice/session-c2.scope", "session session=c2 uid=1000"},
         {"1:name=systemd:/user.slice/user-1000.slice/session-3.scope\n4:memory:/user.slice\n",
          "session session=3 uid=1000"},
         {"/user.slice/user-1000.slice/user@1000.service/app.slice/my.service",
          "unit unit=my.service uid=1000"},
         {"/user.slice/user-1000.slice/user@1000.service/init.scope",
          "unit unit=user@1000.service uid=1000"},
         {"/init.scope", "unit unit=init.scope"},
         {"/user.slice/user-99999999999.slice/session-3.scope", "unit unit=session-3.scope"},
         {"/system.slice", "unknown"},
         {"/", "unknown"}});
}

TEST_CASE("each kind has a word of its own") {
  CHECK(to_string(WorkloadKind::unknown) == "unknown");
  CHECK(to_string(WorkloadKind::command) == "command");
  CHECK(to_string(WorkloadKind::container) == "container");
  CHECK(to_string(WorkloadKind::slurm) == "slurm");
}

}  // namespace
}  // namespace efa::test
