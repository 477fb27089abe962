#!/usr/bin/env bash
# Socket activation: the agent serves on the socket that it is passed, and who connects while it is started again waits.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# start_with_socket KIND ARGUMENT...: sets manager and address.
start_with_socket() {
  : >"$agent_log"
  rm -f "$dir/port"
  # Nobody else may come to have the port of the configuration.
  perl tests/e2e/pass_socket.pl "$1" "$dir/port" "$agent" --web.listen-address=192.0.2.1:1 \
    --simulate=p5.48xlarge "${@:2}" 2>"$agent_log" &
  manager=$!
  started+=("$manager")
  eventually "there is a socket" test -e "$dir/port"
  address=127.0.0.1:$(cat "$dir/port")
}
agent_pid() { pgrep -P "$manager"; }
listening() { [ "$(grep -c 'msg="\?listening' "$agent_log")" = "$1" ]; }

say "the agent serves on the socket that it is passed, not on the configured address"
start_with_socket tcp
contains "a scrape of who was there first" "$(get /metrics -f)" '^efa_tx_bytes_total\{'
eventually "the log says so" log_has "service manager's sockets in place of web.listen_addresses"
log_has "listening.*address=$address" || fail "the log does not name $address"

say "who connects while it is started again waits, and is not refused"
# One after the other, without a pause: 7 is a refusal; 52 and 56 are a connection that was taken up when the agent ended.
ask() {
  local code
  while [ ! -e "$dir/enough" ]; do
    code=0
    curl -sS -o /dev/null --max-time 20 -f "http://$address/healthz" 2>/dev/null || code=$?
    echo "$code" >>"$dir/codes"
  done
}
: >"$dir/codes"
ask &
asking=$!
for i in 2 3 4; do
  kill -TERM "$(agent_pid)"
  eventually "the agent is there again" listening "$i"
  sleep 0.2
done
touch "$dir/enough"
wait "$asking"
say "answers: $(grep -c '^0$' "$dir/codes"), others: $(grep -v '^0$' "$dir/codes" | xargs || true)"
equal "refusals" "$(grep -c '^7$' "$dir/codes" || true)" 0
[ "$(grep -cv '^0$' "$dir/codes")" -le 3 ] || fail "more connections were lost than the agent was ended"
kill -TERM "$manager"
wait "$manager" || true

say "over TLS, too"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=IP:127.0.0.1 -keyout "$dir/server.key" -out "$dir/server.crt" 2>/dev/null
printf 'tls_server_config: {cert_file: server.crt, key_file: server.key}\n' >"$dir/web.yml"
ask_tls() { curl -sS --max-time 20 -f --cacert "$dir/server.crt" "https://$address/metrics"; }
start_with_socket tcp --web.config.file="$dir/web.yml"
contains "a scrape" "$(ask_tls)" '^efa_tx_bytes_total\{'
kill -TERM "$(agent_pid)"
contains "a scrape of the next agent" "$(ask_tls)" '^efa_tx_bytes_total\{'
eventually "which is another one" listening 2
kill -TERM "$manager"
wait "$manager" || true

say "what cannot be served on is an error that says why, and no reason to start again"
refused() {
  local code=0
  start_with_socket "$1"
  wait "$manager" || code=$?
  equal "exit code ($1)" "$code" 2
  contains "the log ($1)" "$(cat "$agent_log")" "level=error.*efa-agent.socket.*$2"
}
refused deaf "does not listen"
refused udp "no TCP socket"
refused file "no socket"

say "garbage in the environment, too"
code=0
# shellcheck disable=SC2016 # for the inner shell
bash -c 'LISTEN_PID=$$ LISTEN_FDS=many exec "$0" --simulate=p5.48xlarge' "$agent" 2>"$agent_log" || code=$?
equal "exit code" "$code" 2
contains "the log" "$(cat "$agent_log")" 'level=error.*LISTEN_FDS.*no number'
: >"$agent_log"

say "sockets that are for another process are left alone"
export LISTEN_PID=1 LISTEN_FDS=1
start_agent --simulate=p5.48xlarge
contains "a scrape" "$(get /metrics -f)" '^efa_tx_bytes_total\{'
stop_agent
