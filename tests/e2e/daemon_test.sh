#!/usr/bin/env bash
# Start, reload and end of the serving agent.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

say "start"
begin=$(now_ms)
start_agent --simulate=p5.48xlarge
eventually "ready" get /readyz -f
say "ready $(($(now_ms) - begin)) ms after the start, polled every 50 ms (not asserted)"
say "resident: $(awk '/VmRSS/ {print $2, $3}' "/proc/$agent_pid/status")"
begin=$(now_ms)
stop_agent
say "SIGTERM: exit code 0 after $(($(now_ms) - begin)) ms"

say "SIGTERM lets an open scrape finish"
make_device efa_0 0000:00:06.0
fake=(--path.sysfs="$dir/sys" --config.file="$dir/config.yaml")
printf 'reading: {timeout: 600ms}\nlabels: {cluster: one}\n' >"$dir/config.yaml"
start_agent "${fake[@]}"
contains "scrape" "$(get /metrics)" '^efa_tx_bytes_total\{.*device="efa_0".* 1000$'
sockets() { find "/proc/$agent_pid/fd" -lname 'socket:*' 2>/dev/null | wc -l; }
idle=$(sockets)
# Whoever opens a pipe that nobody writes waits, as a reader of a stuck device does.
make_device efa_1 0000:00:07.0
rm "$(port_counter efa_1 tx_bytes)"
mkfifo "$(port_counter efa_1 tx_bytes)"
get /metrics >"$dir/scrape" &
scrape=$!
accepted() { [ "$(sockets)" -gt "$idle" ]; }
eventually "the scrape has been accepted" accepted
sleep 0.2  # into the reading
begin=$(now_ms)
stop_agent
took=$(($(now_ms) - begin))
wait $scrape || fail "the open scrape was cut off"
contains "open scrape" "$(cat "$dir/scrape")" '^efa_device_stuck\{.* 1$'
say "ended after $took ms"
[ $took -lt 5000 ] || fail "SIGTERM took $took ms"
rm -r "$dir/sys"

say "SIGHUP with a good file changes labels"
make_device efa_0 0000:00:06.0
start_agent "${fake[@]}"
has_label() { grep -qE "^efa_tx_bytes_total\{.*cluster=\"$1\"" <<<"$(get /metrics)"; }
has_label one || fail "the label of the file is missing"
printf 'labels: {cluster: two}\n' >"$dir/config.yaml"
kill -HUP "$agent_pid"
eventually "the new label" has_label two

say "SIGHUP with a bad file changes nothing and says why"
printf 'labels: {cluster: three}\nlabells: {}\n' >"$dir/config.yaml"
kill -HUP "$agent_pid"
eventually "the error" log_has 'level=error.*config\.yaml:2:.*labells'
has_label two || fail "the label of the running configuration is gone"

say "SIGHUP names what only a restart changes"
printf 'labels: {cluster: four}\nweb: {max_requests: 7}\n' >"$dir/config.yaml"
kill -HUP "$agent_pid"
eventually "the warning" log_has 'level=warning.*max_requests'
eventually "the rest" has_label four

say "the format of the log changes at run time"
printf 'log: {format: json}\n' >"$dir/config.yaml"
kill -HUP "$agent_pid"
json_line() { grep '^{' "$agent_log" | tail -n 1 | jq -e '.level == "info"'; }
eventually "a line of JSON" json_line

say "a device that comes and goes is logged once"
make_device efa_9 0000:00:09.0
eventually "scrape" get /metrics -f
eventually "found" log_has '"msg":"device found".*efa_9'
rm "$dir/sys/class/infiniband/efa_9"
for _ in 1 2 3; do get /metrics >/dev/null; done
equal "lines about it" "$(grep -c '"device is gone".*efa_9' "$agent_log")" 1
stop_agent

say "SIGINT ends it, too"
start_agent --simulate=p5.48xlarge
kill -INT "$agent_pid"
wait "$agent_pid"
