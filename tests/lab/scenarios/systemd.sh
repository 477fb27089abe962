# The agent as its unit runs it, in a guest that systemd has booted: started, reloaded, crashed, watched, activated by its
# socket and stopped; in its sandbox it sees all that it sees outside.
# shellcheck shell=bash disable=SC2016,SC2034,SC2154
init=systemd
devices=2
published_outside='efa_(health_check|host_[a-z_]+|device_info|owner_info|device_resources)'

steps() {
  on a "printf 'AWS_EC2_METADATA_DISABLED=true\nEFA_AGENT_ARGS=\"--web.max-requests=20 --log.format=logfmt\"\n' > /etc/default/efa-agent"
  agent_port=$(forwarded a 10045)
  give_distinct_values
  device all keepalive 3600000

  say "start"
  configure "labels: {cluster: one}"
  on a systemctl start efa-agent
  is active
  contains "command line" "$(on a 'tr "\0" " " < /proc/$(systemctl show -P MainPID efa-agent)/cmdline')" "max-requests=20"
  scrape_equals_devices
  contains "log" "$(agent_log)" 'level=info msg="devices found" devices=2'
  eventually "the status, told with the next feed of the watchdog" status_is "2 of 2 EFA devices up"

  say "in a sandbox, with little of the host"
  confined
  equal "what systemd says of the units" "$(on a systemd-analyze verify --man=no efa-agent.service efa-agent.socket 2>&1)" ""
  equal "back-off" "$(property RestartUSec) $(property RestartSteps) $(property RestartMaxDelayUSec)" "5s 4 1min"
  contains "exposure" "$(on a systemd-analyze security --no-pager --threshold=15 efa-agent)" "Overall exposure level .* [01]\.[0-5] OK"

  # An emulated processor is slow: a quarter of it is not enough to be in time.
  on a 'mkdir -p /etc/systemd/system/efa-agent.service.d &&
    printf "[Service]\nCPUQuota=\n" > /etc/systemd/system/efa-agent.service.d/emulated.conf && systemctl daemon-reload'

  say "by netlink, with owners and health checks, as outside"
  # A unit of another user's.
  on a "systemd-run --quiet --unit=trainer --uid=1000 --setenv=SLURM_PROCID=3 --setenv=SLURM_NTASKS=8 efa_hold efa_0 2 3000"
  eventually "the holder has its queue pairs" on a '[ $(journalctl -u trainer -o cat | grep -c RTS) = 2 ]'
  configure "counters: {source: netlink}" "ownership: {interval: 1s}" "labels: {cluster: one}"
  on a systemctl restart efa-agent
  scrape_equals_devices
  scrape_with_owners
  equal "the owner" "$(sample efa_owner_info owner=unit:trainer.service unit=trainer.service uid=1000)" 1
  equal "its queue pairs" "$(sample efa_device_resources device=efa_0 type=qp)" 2
  as_outside
  # The first reading has half a second, which an emulated machine may miss.
  equal "complaints of this run" "$(log_of_this_run | grep -E 'level=(warning|error)' | grep -vc 'has not returned' || true)" 0

  say "reload"
  configure "labels: {cluster: two}" "counters: {source: netlink}" "ownership: {interval: 1s}"
  on a systemctl reload efa-agent
  eventually "the new label" has_label two
  configure "labels: {cluster: three}" "labells: {}"
  on a systemctl reload efa-agent
  eventually "the complaint" log_has 'level=error msg="configuration is wrong, the running one stays".*labells'
  has_label two || fail "the label of the running configuration is gone"
  is active
  equal "restarts" "$(property NRestarts)" 0

  say "it crashes"
  configure "labels: {cluster: four}"
  on a systemctl kill --signal=SEGV efa-agent
  eventually "it was started again" restarted 1
  eventually "it serves" has_label four

  say "it hangs"
  on a systemctl kill --signal=STOP efa-agent
  eventually "it was started again" restarted 2
  contains "why" "$(on a journalctl -u efa-agent -o cat --no-pager)" "Watchdog timeout"
  eventually "it serves" has_label four

  say "a wrong configuration"
  configure "labells: {}"
  ! on a systemctl restart efa-agent 2>/dev/null || fail "it starts with a wrong configuration"
  sleep 8  # more than RestartSec
  is failed
  equal "exit code" "$(property ExecMainStatus)" 2
  equal "restarts" "$(property NRestarts)" 0

  say "its socket"
  configure "labels: {cluster: five}" "ownership: {interval: 1s, environment: true}"
  on a 'systemctl reset-failed efa-agent && systemctl start efa-agent.socket'
  is inactive
  scrape
  is active
  has_label five || fail "not this configuration"
  contains "log" "$(log_of_this_run)" "sockets in place of web.listen_addresses"
  equal "over IPv6" "$(on a 'curl -sS -o /dev/null -w %{http_code} http://[::1]:10045/healthz')" 200
  restarts_without_refusal
  sleep 40  # more than WatchdogSec
  equal "restarts by the watchdog, which asks the socket's address" "$(property NRestarts)" 0
  is active

  say "ranks, by the drop-in"
  equal "ranks that nobody may know" "$(samples efa_device_rank_info)" 0
  on a 'cp /usr/share/efa-agent/ranks.conf.example /etc/systemd/system/efa-agent.service.d/ranks.conf
    systemctl daemon-reload && systemctl restart efa-agent'
  eventually "the rank" has_rank

  say "it is stopped while a device hangs"
  on a systemctl stop efa-agent.socket efa-agent.service
  reading_timeout=3s configure
  on a systemctl start efa-agent
  scrape
  device efa1 stall
  scrape
  equal "it is stuck" "$(sample efa_device_stuck device=efa_1)" 1
  local begin=$SECONDS
  on a systemctl stop efa-agent
  say "it took $((SECONDS - begin)) s"
  [ $((SECONDS - begin)) -lt 60 ] || fail "longer than TimeoutStopSec"
  is inactive
  equal "result" "$(property Result)" success
}

# configure LINE...: beside what an emulated machine on a busy one needs.
configure() { on a "printf '%s\n' 'reading: {timeout: $reading_timeout}' $(printf "'%s' " "$@") > /etc/efa-agent/efa-agent.yaml"; }
property() { on a systemctl show -P "$1" efa-agent; }
status_is() { [ "$(property StatusText)" = "$1" ]; }
is() { equal "state" "$(property ActiveState)" "$1"; }
restarted() { [ "$(property NRestarts) $(property ActiveState)" = "$1 active" ]; }
has_label() { scrape && grep -qE "^efa_tx_bytes_total\{.*cluster=\"$1\"" "$dir/scrape"; }
has_rank() { scrape && [ "$(sample efa_device_rank_info device=efa_0 owner=unit:trainer.service rank=3)" = 1 ]; }
# In place of that of agent.sh, which starts the agent itself.
agent_log() { on a journalctl -u efa-agent -o cat --no-pager; }
log_of_this_run() { on a 'journalctl -o cat --no-pager _SYSTEMD_INVOCATION_ID=$(systemctl show -P InvocationID efa-agent)'; }
log_has() { agent_log | grep -qE -- "$1"; }

# The kernel's own words for what the unit asks for.
confined() {
  local status
  status=$(on a 'grep -E "^(Uid|CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):" /proc/$(systemctl show -P MainPID efa-agent)/status')
  equal "capabilities" "$(awk '/^Cap/ { print $2 }' <<<"$status" | sort -u)" 0000000000000000
  equal "NoNewPrivs, Seccomp" "$(awk '/^(NoNewPrivs|Seccomp):/ { print $2 }' <<<"$status" | xargs)" "1 2"
  [ "$(awk '/^Uid:/ { print $3 }' <<<"$status")" -ge 61184 ] || fail "not the user of DynamicUser: $status"
  equal "limits of memory, CPU and tasks" "$(on a 'cd /sys/fs/cgroup/system.slice/efa-agent.service &&
    cat memory.max cpu.max cpu.weight pids.max | xargs')" "134217728 25000 100000 20 512"
  equal "nice" "$(on a 'ps -o nice= -p $(systemctl show -P MainPID efa-agent)' | xargs)" 5
}

# What the agent publishes in its sandbox is what it finds out outside, as nobody; and doctor, as root, agrees.
as_outside() {
  local code result
  on a "$nobody env AWS_EC2_METADATA_DISABLED=true efa-agent once --config.file=/etc/efa-agent/efa-agent.yaml" >"$dir/once"
  comparable "$dir/scrape" >"$dir/inside"
  comparable "$dir/once" >"$dir/outside"
  diff "$dir/outside" "$dir/inside" || fail "the sandbox changes what is published (< outside, > inside)"
  say "$(wc -l <"$dir/inside") series, $(samples efa_health_check) of them health checks, as outside"
  on a 'AWS_EC2_METADATA_DISABLED=true efa-agent doctor --config.file=/etc/efa-agent/efa-agent.yaml --json || true' >"$dir/doctor"
  while read -r code result; do
    case $(sample efa_health_check "code=$code" | tail -n 1) in
      0) [ "$result" = PASS ] || fail "$code is published as passed, and doctor says $result" ;;
      1) [[ $result == WARN || $result == FAIL ]] || fail "$code is published as failing, and doctor says $result" ;;
    esac
  done < <(jq -r '.checks[] | "\(.code) \(.result)"' "$dir/doctor")
}
comparable() { grep -E "^$published_outside\{" "$1" | sort; }

# In the guest, where a refusal is seen as one. 7 is a refusal; 52 and 56 are a connection that was taken up when the
# agent ended.
restarts_without_refusal() {
  on a <<'END' >"$dir/codes"
(while [ ! -e /run/enough ]; do
  code=0
  curl -sS -o /dev/null --max-time 60 -f http://127.0.0.1:10045/healthz 2>/dev/null || code=$?
  echo $code
done) &
for i in 1 2 3; do systemctl restart efa-agent; sleep 1; done
touch /run/enough
wait
END
  say "3 restarts under $(wc -l <"$dir/codes") requests, of which were lost: $(grep -cv '^0$' "$dir/codes" || true)"
  equal "refused connections" "$(grep -c '^7$' "$dir/codes" || true)" 0
  [ "$(grep -c '^0$' "$dir/codes")" -gt 3 ] || fail "hardly an answer"
}
