# The agent as nobody without a single capability, with /proc mounted hidepid=2: nothing is lost.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2

steps() {
  start_agent
  scrape_with_owners
  local all
  all=$(series)
  stop_agent

  on a mount -o remount,hidepid=2 /proc
  start_agent
  equal "capabilities, user" "$(agent_status CapEff) $(agent_status Uid)" "0000000000000000 65534"
  equal "others' processes it sees" "$(on a "$nobody ls /proc" | grep -c '^1$' || true)" 0
  scrape_with_owners
  equal "devices up" "$(grep -c '^efa_device_up.* 1$' "$dir/scrape")" 2
  diff <(echo "$all") <(series) || fail "series are lost (<)"
  equal "complaints in the log" "$(agent_log | grep -c 'level=\(warning\|error\)' || true)" 0
}

series() { grep -vE '^#|^efa_agent_http|^efa_read_errors' "$dir/scrape" | sed 's/ [^ ]*$//' | sort; }
agent_status() { on a "awk '/^$1:/ { print \$2 }' /proc/\$(cat /tmp/agent.pid)/status"; }
