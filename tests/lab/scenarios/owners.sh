# Processes that hold queue pairs of the devices, in cgroups as Slurm (v1, v2), Kubernetes (by systemd, by cgroupfs) and
# systemd lay them out: the agent, as nobody, names the job, pod and unit of each, and follows them when they end, fork,
# and have the pid of one that was there before.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2
memory=1024

pod_uid=0d9f6d1c-7a54-4c19-8b1f-3f1f2d5b9a01
other_pod_uid=5a1b7c8d-1111-4222-8333-444455556666  # of which the kubelet has no logs
container=$(printf 'ab%.0s' {1..32})

steps() {
  on a "mkdir -p /var/log/pods/ml_train-0_$pod_uid/worker"
  hold efa_0 system.slice/slurmstepd.scope/job_1234/step_0/user/task_0
  hold efa_0 system.slice/slurmstepd.scope/job_1234/step_0/user/task_1
  hold efa_1 kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${pod_uid//-/_}.slice/cri-containerd-$container.scope
  hold efa_1 system.slice/trainer.service
  hold efa_1 kubepods/besteffort/pod$other_pod_uid/$container
  on a 'mkdir -p /run/v1 && mount -t cgroup -o none,name=systemd cgroup /run/v1'
  cgroups=/run/v1 hold efa_1 slurm/uid_1000/job_77/step_batch/task_0
  more_configuration="ownership: {interval: 1s}"
  start_agent
  scrape_with_owners
  say "$(grep -E '^efa_(device_owner|owner_info)' "$dir/scrape")"

  equal "owners of efa_0" "$(sample efa_device_owners device=efa_0)" 1
  equal "owners of efa_1" "$(sample efa_device_owners device=efa_1)" 4
  equal "the job step" "$(sample efa_device_owner_info device=efa_0 owner=slurm:1234.0)" 1
  equal "its job" "$(sample efa_owner_info owner=slurm:1234.0 kind=slurm slurm_job_id=1234 slurm_step=0)" 1
  equal "its processes" "$(sample efa_owner_processes owner=slurm:1234.0)" 2
  equal "the pod" "$(sample efa_owner_info owner=pod:ml/train-0/worker namespace=ml pod=train-0 container=worker)" 1
  equal "a pod without a name" "$(sample efa_device_owner_info device=efa_1 owner=pod:uid/$other_pod_uid)" 1
  equal "the job of Slurm by cgroup v1" "$(sample efa_owner_info owner=slurm:77.batch slurm_job_id=77 slurm_step=batch)" 1
  equal "the unit" "$(sample efa_owner_info owner=unit:trainer.service unit=trainer.service)" 1

  # efa_hold: a context, a protection domain, a completion queue, a region of 64 KiB and two queue pairs each.
  equal "queue pairs of efa_0" "$(sample efa_device_resources device=efa_0 type=qp)" 4
  equal "memory regions of the job" "$(sample efa_owner_resources device=efa_0 owner=slurm:1234.0 type=mr)" 2
  equal "memory registered by the job" "$(sample efa_owner_registered_bytes device=efa_0 owner=slurm:1234.0)" 131072

  say "one process of the job ends, then the other"
  on a 'kill -9 $(cat /tmp/holder.1)'
  eventually "the job has one process" sample_is 1 efa_owner_processes owner=slurm:1234.0
  on a 'kill -9 $(cat /tmp/holder.2)'
  eventually "efa_0 has no owner" sample_is 0 efa_device_owners device=efa_0
  equal "the job" "$(sample efa_owner_info owner=slurm:1234.0)" ""
  equal "the others" "$(sample efa_device_owners device=efa_1)" 4

  say "a process of another job gets the pid of one that has ended"
  hold efa_0 system.slice/slurmstepd.scope/job_1235/step_0/user/task_0
  local pid
  pid=$(on a cat /tmp/holder.$holders)
  eventually "the job is known" sample_is 1 efa_device_owner_info device=efa_0 owner=slurm:1235.0
  on a "kill -9 $pid"
  # Whoever forks first gets the pid, so that it may take some tries.
  local try
  for try in 1 2 3 4 5; do
    hold efa_0 system.slice/slurmstepd.scope/job_1236/step_0/user/task_0 "echo $((pid - 1)) > /proc/sys/kernel/ns_last_pid"
    [ "$(on a cat /tmp/holder.$holders)" != "$pid" ] || break
    on a "kill -9 \$(cat /tmp/holder.$holders)"
  done
  equal "pid of the second" "$(on a cat /tmp/holder.$holders)" "$pid"
  eventually "the other job is known" sample_is 1 efa_device_owner_info device=efa_0 owner=slurm:1236.0
  equal "the job that has ended" "$(sample efa_owner_info owner=slurm:1235.0)" ""

  say "it forks"
  on a "kill -USR1 $pid"
  sleep 2
  scrape
  equal "processes that the kernel says hold something" "$(sample efa_owner_processes owner=slurm:1236.0)" 1
  equal "lines of the log that complain" "$(agent_log | grep -c 'level=\(warning\|error\)' || true)" 0
  say "it ends, and leaves all to its child, of which the kernel knows nothing"
  on a "kill -9 $pid"
  eventually "nobody is said to hold it" sample_is 0 efa_device_owners device=efa_0
  equal "queue pairs that are there all the same" "$(sample efa_device_resources device=efa_0 type=qp)" 2
  equal "whether the collector has all it wants" "$(sample efa_scrape_collector_success collector=owners)" 0
  equal "lines that say so" "$(agent_log | grep -c 'not visible')" 1
  stop_agent

  say "the environment tells ranks to those who may read it"
  hold efa_0 system.slice/slurmstepd.scope/job_1237/step_0/user/task_3 \
    "export SLURM_PROCID=3 SLURM_NTASKS=8 SLURM_LOCALID=1 SLURM_JOB_NAME=llama"
  more_configuration="ownership: {interval: 1s, environment: true}"
  start_agent
  scrape_with_owners
  equal "ranks that nobody may know" "$(samples efa_device_rank_info)" 0
  stop_agent
  agent_runner="setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all,+sys_ptrace,+dac_read_search \
    --ambient-caps=-all,+sys_ptrace,+dac_read_search"
  start_agent
  scrape_with_owners
  equal "the rank" "$(sample efa_device_rank_info device=efa_0 owner=slurm:1237.0 rank=3 local_rank=1)" 1
  equal "the job's name" "$(sample efa_owner_info owner=slurm:1237.0 job_name=llama)" 1
  stop_agent

  say "an agent in another pid namespace sees what is held, not by whom, and says so once"
  agent_runner="unshare --pid --fork --kill-child --mount-proc $nobody"
  start_agent
  local i
  for i in 1 2 3; do scrape_with_owners && sleep 1; done
  equal "queue pairs of efa_1" "$(sample efa_device_resources device=efa_1 type=qp)" 8
  equal "owners" "$(samples efa_owner_info)" 0
  equal "whether the collector has all it wants" "$(sample efa_scrape_collector_success collector=owners)" 0
  equal "counters" "$(samples efa_tx_bytes_total)" 2
  equal "lines that say so" "$(agent_log | grep -c 'not visible')" 1
}

# hold DEVICE CGROUP [COMMAND]: a process with two queue pairs, started right after a command.
holders=0
cgroups=/sys/fs/cgroup
hold() {
  holders=$((holders + 1))
  on a "mkdir -p '$cgroups/$2'
    ${3:-}
    sh -c 'echo \$\$ > \"$cgroups/$2/cgroup.procs\"; echo \$\$ > /tmp/holder.$holders; exec efa_hold $1 2 600' \
      > /tmp/holder.$holders.log 2>&1 &"
  eventually "the holder has its queue pairs" on a "[ \$(grep -c RTS /tmp/holder.$holders.log) = 2 ]"
}
sample_is() {
  scrape
  [ "$(sample "${@:2}")" = "$1" ]
}
