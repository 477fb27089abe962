# The doctor on a healthy guest, on one whose job holds queue pairs and moves nothing, without the nodes in /dev, and with a
# device that has stopped answering; as root and as nobody.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2
reading_timeout=2s

# published CODE: the value of its efa_health_check; of the worst that it can come to, unless a severity is named.
published() { sample efa_health_check "code=$1" ${2:+"severity=$2"}; }
all_agree() {
  local code result
  while read -r code result; do
    case $(published "$code" | tail -n 1) in
      0) [ "$result" = PASS ] || fail "$code is published as passed, and doctor says $result" ;;
      1) [[ $result == WARN || $result == FAIL ]] || fail "$code is published as failing, and doctor says $result" ;;
    esac
  done < <(jq -r '.checks[] | "\(.code) \(.result)"' "$dir/doctor")
}

steps() {
  start_agent
  say "healthy"
  doctor --watch=1
  say "$(jq -c .summary "$dir/doctor")"
  equal "whether the agent answers" "$(result EFA-001)" PASS
  equal "whether every EFA has its driver" "$(result EFA-302)" PASS
  equal "whether every EFA has an RDMA device" "$(result EFA-303)" PASS
  equal "whether there are nodes" "$(result EFA-405)$(result EFA-406)" PASSPASS
  equal "whether the modules are loaded" "$(result EFA-408)$(result EFA-409)" PASSPASS
  equal "whether admin queues are open" "$(result EFA-701)" PASS
  equal "whether devices answer" "$(result EFA-702)$(result EFA-703)" PASSPASS
  equal "what cannot be seen from here" "$(result EFA-101)" UNKNOWN
  scrape_with_owners
  [ "$(samples efa_health_check)" -gt 15 ] || fail "only $(samples efa_health_check) checks are published"
  equal "whether admin queues are open, as published" "$(published EFA-701)" 0
  equal "whether the modules are loaded, as published" "$(published EFA-408)$(published EFA-409)" 00
  all_agree

  say "a process holds queue pairs, and nothing moves"
  on a 'efa_hold efa_0 2 600 > /tmp/holder.log 2>&1 & echo $! > /tmp/holder.pid'
  eventually "it has them" on a '[ $(grep -c RTS /tmp/holder.log) = 2 ]'
  doctor --watch=1
  equal "whether traffic is on EFA" "$(result EFA-201)" WARN
  contains "what was found" "$(found EFA-201)" "efa_hold holds 2 queue pairs on 1 EFA"
  equal "whether it may lock memory is known" "$(result EFA-402 | grep -c UNKNOWN || true)" 0
  on a 'kill $(cat /tmp/holder.pid)'

  say "a node is missing, as in a container that was given one device; then all are"
  on a 'mv /dev/infiniband/uverbs1 /tmp/'
  doctor
  equal "whether nodes are there" "$(result EFA-406)" WARN
  contains "what was found" "$(found EFA-406)" uverbs1
  equal "exit code" "$doctor_code" 1
  on a 'mv /tmp/uverbs1 /dev/infiniband/ && mv /dev/infiniband /tmp/'
  doctor
  equal "whether nodes are there" "$(result EFA-406)" FAIL
  equal "exit code" "$doctor_code" 2
  on a 'mv /tmp/infiniband /dev/'

  say "a device has stopped answering"
  device efa1 stall
  doctor
  equal "whether devices answer" "$(result EFA-702)" FAIL
  contains "which does not" "$(found EFA-702)" efa_1
  equal "the other one" "$(found EFA-702 | grep -c efa_0 || true)" 0
  eventually "the driver gives up after 30 s" driver_gave_up
  doctor
  equal "whether admin queues are open" "$(result EFA-701)" FAIL
  equal "commands without an answer" "$(result EFA-703)" FAIL
  stop_agent
  start_agent
  scrape
  equal "whether admin queues are open, as published" "$(published EFA-701)" 1
  all_agree
  contains "what to do" "$(jq -r '.checks[] | select(.code == "EFA-701").fix' "$dir/doctor")" unbind

  say "as nobody"
  doctor_runner=$nobody doctor
  equal "whether admin queues are open" "$(result EFA-701)" FAIL
  equal "what only root sees" "$(result EFA-202)" UNKNOWN
  say "$(on a "$nobody efa-agent doctor | head -n 12")"
}

# doctor ARGUMENT...: its JSON in $dir/doctor, its exit code in doctor_code.
doctor_runner=
doctor() {
  doctor_code=$(on a "$doctor_runner efa-agent doctor --config.file=/tmp/efa-agent.yaml --json $* > /tmp/doctor.json 2>/tmp/doctor.err; echo \$?")
  on a cat /tmp/doctor.json >"$dir/doctor"
  jq -e .schema_version "$dir/doctor" >/dev/null || fail "no JSON: $(on a cat /tmp/doctor.err)"
}
result() { jq -r --arg code "$1" '.checks[] | select(.code == $code).result' "$dir/doctor"; }
found() { jq -r --arg code "$1" '.checks[] | select(.code == $code).found' "$dir/doctor"; }
driver_gave_up() { on a 'dmesg | grep -q "efa.*\(closed\|completion\)"' && scrape && [ "$(sample efa_no_completion_cmds_total device=efa_1)" = 1 ]; }
