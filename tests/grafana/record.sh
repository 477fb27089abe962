# Not a test: records the scrapes in data/, which model.mjs goes on from. A scenario of the lab, run by hand:
#
#   mkdir -p tests/grafana/data && RECORD=tests/grafana/data FAKE_IMDS=build/dev/tests/fake-imds tests/lab/run.sh ../../grafana/record
#
# Two nodes of one Slurm job with four devices each. On node b, a device is shared with a unit and a pod; one is unbound,
# bound and renamed; and one stops answering, recorded in the midst of it (stuck) and after the driver gave up (closed).
# shellcheck shell=bash disable=SC2016,SC2034,SC2154
guests=2
devices=4
memory=768
cpus=1
generation=efa3

pod_uid=0d9f6d1c-7a54-4c19-8b1f-3f1f2d5b9a01
container=$(printf 'ab%.0s' {1..32})

steps() {
  local guest device
  for guest in a b; do
    start_metadata "$guest"
    for device in 0 1 2 3; do hold "$guest" "efa_$device" "$device"; done
  done
  on b "mkdir -p /var/log/pods/ml_train-0_$pod_uid/worker"
  hold_in b efa_1 system.slice/trainer.service
  hold_in b efa_2 "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${pod_uid//-/_}.slice/cri-containerd-$container.scope"
  more_configuration="ownership: {interval: 1s, environment: true, queue_pairs: true}
instance: {tags: [Name]}
devices: {expected: 4}"
  agent_runner="setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all,+sys_ptrace,+dac_read_search \
    --ambient-caps=-all,+sys_ptrace,+dac_read_search"
  agent_runner="env AWS_EC2_METADATA_DISABLED=false AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:8181 $agent_runner"
  reading_timeout=4s
  agent_guest=a
  start_agent
  settle
  cp "$dir/scrape" "$RECORD/a.prom"

  agent_guest=b
  start_agent
  settle
  cp "$dir/scrape" "$RECORD/b.prom"
  on b 'pci=$(basename $(readlink -f /sys/class/infiniband/efa_0/device))
    kill $(cat /run/holder.efa_0); sleep 1
    echo $pci > /sys/bus/pci/drivers/efa/unbind; sleep 1; echo $pci > /sys/bus/pci/drivers/efa/bind; sleep 1
    [ -e /sys/class/infiniband/efa_0 ] || rdma dev set "$(ls /sys/class/infiniband | grep -v "efa_[123]")" name efa_0
    rdma dev set efa_0 name rdmap9s9; rdma dev set rdmap9s9 name efa_0'
  hold b efa_0 0
  device efa7 stall
  scrape
  cp "$dir/scrape" "$RECORD/b_stuck.prom"
  eventually "the driver gives up after 30 s" driver_gave_up
  sleep 70  # health is judged once a minute
  settle
  cp "$dir/scrape" "$RECORD/b_closed.prom"
}

# An instance metadata service on this side, by a reverse tunnel. Node b is in another subnet.
start_metadata() {
  local folder=$dir/imds.$1 macs
  mkdir "$folder"
  mapfile -t macs < <(on "$1" 'for d in /sys/class/infiniband/*; do
    cut -d: -f5-8 $d/ports/1/gids/0; done' | sed -E 's/^(..)(..):(..)ff:fe(..):(..)(..)$/\1 \2:\3:\4:\5:\6/' |
    while read -r first rest; do printf '%02x:%s\n' $((16#$first ^ 2)) "$rest"; done)
  say "MACs of $1: ${macs[*]}"
  "$FAKE_IMDS" "$folder" p5.48xlarge "${macs[@]}" >"$dir/imds.$1.port" &
  started+=($!)
  eventually "the metadata service of $1" test -s "$dir/imds.$1.port"
  mkdir -p "$folder/tags/instance"
  echo "trainer-$1" >"$folder/tags/instance/Name"
  echo cluster-a >"$folder/placement/group-name"
  echo "i-0000000000000000$1" >"$folder/instance-id"
  if [ "$1" = b ]; then
    find "$folder" -name subnet-id -exec sed -i 's/.*/subnet-0c0ffee0c0ffee002/' {} +
  fi
  ssh -F "$dir/ssh_config" -N -R "8181:127.0.0.1:$(<"$dir/imds.$1.port")" -S none "$1" &
  started+=($!)
}

# hold GUEST DEVICE LOCAL_RANK: a rank of job 1234.
hold() {
  local rank=$3
  [ "$1" = a ] || rank=$((rank + 4))
  hold_in "$1" "$2" "system.slice/slurmstepd.scope/job_1234/step_0/user/task_$rank" \
    "export SLURM_PROCID=$rank SLURM_NTASKS=8 SLURM_LOCALID=$3 SLURM_JOB_NAME=llama" "/run/holder.$2"
}
hold_in() {
  on "$1" "mkdir -p '/sys/fs/cgroup/$3'
    ${4:-}
    sh -c 'echo \$\$ > \"/sys/fs/cgroup/$3/cgroup.procs\"; echo \$\$ > ${5:-/dev/null}; exec efa_hold $2 2 900' >/dev/null 2>&1 &"
}

settle() { eventually "all is known" all_is_known; }
all_is_known() {
  scrape
  [ "$(grep -c '^efa_device_info.*subnet_id="s' "$dir/scrape")" -ge "$devices" ] && [ "$(samples efa_device_owner_info)" -ge 4 ] &&
    [ "$(samples efa_health_check)" -gt 20 ] && sleep 3 && scrape
}
driver_gave_up() { scrape && [ "$(sample efa_no_completion_cmds_total device=efa_3)" = 1 ]; }
