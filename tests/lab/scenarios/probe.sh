# OS-bypass, tried by efa-probe through the guest's libibverbs and libefa: on healthy devices, without the right to a node,
# without memory that may be locked, with commands that fail, without libefa or a node, and on a device that hangs.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2
variants=("generation=efa2" "generation=efa0 interface=1 kernel=debian12 device_options=--no-rdma-read")

steps() {
  if ! on a command -v efa-probe >/dev/null; then
    [ -z "${EFA_LAB_REQUIRED:-}" ] || fail "efa-probe was not built"
    skip "efa-probe was not built: deploy/install-build-deps.sh build installs what it takes"
  fi
  as_user=$nobody

  say "healthy: as root, as nobody, and alone"
  as_user='' doctor
  equal "as root" "$(result)" PASS
  doctor
  equal "as nobody" "$(result)" PASS
  local rdma="read yes, write yes"
  [ "$generation" = efa2 ] || rdma="read no, write no"
  contains "what was found" "$(found)" "^2 EFAs, of each: RDMA $rdma, 32 B inline, 256 queue pairs"
  equal "steps of efa_1" "$(probed '.devices[1].steps | map(select(.result == "ok")) | length')" 12
  equal "what it offers" "$(probed '.devices[0].offers | "\(.max_sq_wr) \(.max_rq_wr) \(.max_sq_sge)"')" "4096 32768 2"
  probe
  equal "efa-probe's exit code" "$code" 0
  probe efa_1
  equal "devices that were asked for" "$(jq -r '.devices | map(.name) | join(" ")' "$dir/probe")" efa_1
  on a efa-agent doctor --only=EFA-203 --json >"$dir/doctor"
  equal "not asked for" "$(result)" UNKNOWN
  equal "what is left behind" "$(on a rdma resource show | grep -c 'pd 0 cq 0 qp 0 .*mr 0 ctx 0')" 2
  equal "queue pairs made and destroyed" "$(commands 1)" "$(commands 4)"

  say "nobody may not open the nodes"
  on a chmod 600 /dev/infiniband/uverbs1
  doctor
  equal "nobody" "$(result)" FAIL
  contains "what was found" "$(found)" "efa_1 fails at 'open device' with EACCES"
  contains "what to do" "$(fix)" "chmod 666 /dev/infiniband/uverbs1"
  equal "the other one" "$(probed '.devices[0].works')" true
  as_user='' doctor
  equal "root" "$(result)" PASS
  on a chmod 666 /dev/infiniband/uverbs1

  say "no memory may be locked"
  as_user="ulimit -l 0; $nobody" doctor
  contains "what was found, of none" "$(found)" "efa_0 fails at 'register memory' with EPERM.*2 EFAs of 2"
  as_user="ulimit -l 1; $nobody" doctor
  contains "what was found, of 1 KiB" "$(found)" "'register memory' with ENOMEM"
  contains "what to do" "$(fix)" "ulimit -l unlimited"

  say "the device refuses a queue pair, then its change to RTS"
  device efa1 fail 1 1
  doctor
  contains "what was found" "$(found)" "efa_1 fails at 'create SRD queue pair' with ENOMEM"
  device efa1 heal
  device efa1 fail 2 6
  doctor
  contains "what was found" "$(found)" "efa_1 fails at 'queue pair to INIT' with EINVAL"
  device efa1 heal
  equal "what is left behind" "$(on a rdma resource show | grep -c 'pd 0 cq 0 qp 0 .*mr 0 ctx 0')" 2
  doctor
  equal "once healed" "$(result)" PASS

  say "libefa is not there, nor is a node, nor efa-probe"
  on a 'mv /usr/lib/x86_64-linux-gnu/libefa.so.1 /tmp/'
  doctor
  equal "without libefa" "$(result)" UNKNOWN
  contains "what was found" "$(found)" "for want of libibverbs.so.1 or libefa.so.1: .* libefa.so.1: cannot open"
  on a 'mv /tmp/libefa.so.1 /usr/lib/x86_64-linux-gnu/ && mv /dev/infiniband/uverbs1 /tmp/'
  doctor
  equal "without a node" "$(result)" WARN
  contains "what was found" "$(found)" "efa_1 cannot be opened without its node /dev/infiniband/uverbs1"
  on a 'mv /tmp/uverbs1 /dev/infiniband/ && mv /usr/bin/efa-probe /tmp/'
  doctor
  contains "what was found" "$(found)" "neither beside efa-agent nor in PATH"
  on a 'mv /tmp/efa-probe /usr/bin/'

  say "a device has stopped answering"
  device efa1 stall
  doctor
  equal "while the driver waits for it" "$(result)" FAIL
  contains "what was found" "$(found)" "efa_1 hangs at 'open device'"
  equal "the other one" "$(probed '.devices[0].works')" true
  eventually "the driver gives up after 30 s" on a 'dmesg | grep -q "efa.*completion"'
  doctor
  equal "with a closed admin queue" "$(result)" FAIL
  contains "what was found" "$(found)" "efa_1 fails at 'open device' with ENODEV"
  contains "what to do" "$(fix)" unbind
  equal "the other one" "$(probed '.devices[0].works')" true
  on a "$nobody efa-agent doctor --probe --only=EFA-203" || true

  say "then the other one, too"
  device efa0 stall
  probe efa_0
  equal "efa-probe's exit code" "$code" 2
  equal "the step that hangs" "$(jq -r '.devices[0].steps | last | .step + " " + .result' "$dir/probe")" "open device stuck"
}

# doctor: what it says of the probe, as $as_user, into $dir/doctor.
doctor() {
  on a "$as_user efa-agent doctor --probe --only=EFA-203 --json" >"$dir/doctor" || true
  equal "what doctor says" "$(jq .schema_version "$dir/doctor")" 1
}
result() { jq -r '.checks[0].result' "$dir/doctor"; }
found() { jq -r '.checks[0].found' "$dir/doctor"; }
fix() { jq -r '.checks[0].fix' "$dir/doctor"; }
# probed FILTER: of what efa-probe told doctor.
probed() { jq -r ".probe | $1" "$dir/doctor"; }

# probe DEVICE...: efa-probe alone, into $dir/probe, its exit code in `code`.
probe() {
  code=0
  on a "efa-probe $*" >"$dir/probe" || code=$?
}
# commands NUMBER: how many admin commands of a number efa1 was sent.
commands() { device efa1 commands | awk -v number="$1" '$2 == number { print $3 }'; }
