# The agent as the DaemonSet of deploy/kubernetes runs it: with its configuration, in namespaces of its own (network, processes,
# cgroups), without a capability, the host's file systems below /host, read-only. All counters are there; and with the host's pid
# namespace, as its component owners has it, so are the pods that hold devices.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2

kubepods=kubepods.slice/kubepods-burstable.slice
pod_uid=0d9f6d1c-7a54-4c19-8b1f-3f1f2d5b9a01
agents_uid=5a1b7c8d-1111-4222-8333-444455556666
container=$(printf 'ab%.0s' {1..32})

steps() {
  local cgroup=$kubepods/kubepods-burstable-pod${pod_uid//-/_}.slice/cri-containerd-$container.scope
  on a "rdma system set netns shared && ip netns add pod && ip netns exec pod ip link set lo up
    mkdir -p /host/sys /host/proc /host/var/log/pods /var/log/pods/ml_train-0_$pod_uid/worker /sys/fs/cgroup/$cgroup
    for path in /sys /proc /var/log/pods; do mount --rbind \$path /host\$path && mount -o remount,bind,ro /host\$path; done
    sh -c 'echo \$\$ > /sys/fs/cgroup/$cgroup/cgroup.procs; exec efa_hold efa_1 2 600' >/tmp/holder.log 2>&1 &"
  eventually "the holder has its queue pairs" on a "[ \$(grep -c RTS /tmp/holder.log) = 2 ]"

  say "counters"
  start_in_pod --pid --fork --kill-child --mount-proc
  scrape_in pod
  equal "devices up" "$(grep -c '^efa_device_up.* 1$' "$dir/scrape")" 2
  equal "collectors without what they want" "$(grep '^efa_scrape_collector_success.* 0$' "$dir/scrape" || true)" ""
  device efa0 set tx_bytes 1234567890123
  scrape_in pod
  local i counter value
  for ((i = 0; i < devices; i++)); do
    while read -r counter value; do
      equal "efa_$i's $counter" "$(sample "efa_${counter}_total" "device=efa_$i")" "$value"
    done < <(device "efa$i" get)
  done
  equal "efa_0's tx_bytes" "$(sample efa_tx_bytes_total device=efa_0)" 1234567890123
  equal "series of device counters" "$(samples efa_submitted_cmds_total)" 2
  equal "series of owners" "$(samples efa_device_owner_info)" 0
  equal "lines of the log that complain" "$(agent_log | grep 'level=\(warning\|error\)' || true)" ""
  # As process 1, which ends only if it listens.
  on a "agent=\$(cat /tmp/agent.pid) && kill \$(cat /proc/\$agent/task/\$agent/children)"
  eventually "the agent ends" agent_ended

  say "owners"
  start_in_pod -- --collector.owners
  eventually "the owner is looked up" owner_is_known
  equal "its pod" "$(sample efa_owner_info kind=pod namespace=ml pod=train-0 container=worker)" 1
  equal "of efa_1" "$(samples efa_device_owner_info)" 1
  equal "collectors without what they want" "$(grep '^efa_scrape_collector_success.* 0$' "$dir/scrape" || true)" ""
  equal "lines of the log that complain" "$(agent_log | grep 'level=\(warning\|error\)' || true)" ""
}
owner_is_known() {
  scrape_in pod
  [ "$(sample efa_device_owner_info device=efa_1 owner=pod:ml/train-0/worker)" = 1 ]
}

# start_in_pod ARGUMENT_OF_UNSHARE... [-- ARGUMENT...]: from the cgroup of a pod, which it then has for its root.
start_in_pod() {
  local namespaces=()
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    namespaces+=("$1")
    shift
  done
  local cgroup=/sys/fs/cgroup/$kubepods/kubepods-burstable-pod${agents_uid//-/_}.slice/cri-containerd-${container//ab/cd}.scope
  on a "mkdir -p $cgroup
    { echo '#!/bin/sh' && echo 'echo \$\$ > $cgroup/cgroup.procs'
      echo 'exec ip netns exec pod unshare --cgroup ${namespaces[*]} ${nobody//65534/10045} \"\$@\"'; } > /tmp/in_pod
    chmod 755 /tmp/in_pod"
  agent_runner=/tmp/in_pod
  more_configuration=$(grep -v '^ *#' deploy/kubernetes/base/efa-agent.yaml)
  # shellcheck disable=SC2317 # start_agent asks
  listens() { on a 'ip netns exec pod curl -sSf http://127.0.0.1:10045/readyz'; }
  start_agent "${@:2}"
}
