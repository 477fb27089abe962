#!/usr/bin/env bash
# TLS, client certificates and passwords as curl, openssl and a real Prometheus see them, while the files of
# them change.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/prometheus.sh
. tests/support/prometheus.sh

# ca NAME: $dir/NAME.crt and .key.
ca() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
    -keyout "$dir/$1.key" -out "$dir/$1.crt" 2>/dev/null
}
# certificate NAME CA DAYS: the same, signed by a CA; a negative number of days makes an expired one.
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
    -keyout "$dir/$1.key" -out "$dir/$1.csr" 2>/dev/null
  echo 'subjectAltName=DNS:localhost,IP:127.0.0.1' >"$dir/san"
  openssl x509 -req -in "$dir/$1.csr" -CA "$dir/$2.crt" -CAkey "$dir/$2.key" -CAcreateserial \
    -days "$3" -extfile "$dir/san" -out "$dir/$1.crt" 2>/dev/null
}
# install_as FROM TO...: in one step, as whoever renews certificates should.
install_as() {
  cp "$dir/$1" "$dir/$2.new"
  mv "$dir/$2.new" "$dir/$2"
}
serve() { install_as "$1.key" server.key && install_as "$1.crt" server.crt; }
hash_of() { perl -e 'print crypt($ARGV[0], "\$2b\$05\$abcdefghijklmnopqrstuu")' "$1"; }

# web_config PASSWORD LINE...: more lines for tls_server_config.
web_config() {
  local password=$1
  shift
  {
    echo "tls_server_config:"
    echo "  cert_file: server.crt"
    echo "  key_file: server.key"
    printf '  %s\n' "$@"
    echo "http_server_config:"
    echo "  headers: {Strict-Transport-Security: max-age=31536000, X-Frame-Options: deny}"
    echo "basic_auth_users:"
    echo "  prometheus: $(hash_of "$password")"
  } >"$dir/web.yml.new"
  mv "$dir/web.yml.new" "$dir/web.yml"
}
verified=("client_auth_type: RequireAndVerifyClientCert" "client_ca_file: clients.crt")

ask() { curl -sS --max-time 20 "$@" "https://$address/metrics"; }
with_ca=(--cacert "$dir/ours.crt")
with_certificate=("${with_ca[@]}" --cert "$dir/client.crt" --key "$dir/client.key")
as_prometheus=("${with_certificate[@]}" -u prometheus:wonderland)
# status ARGUMENT...: of curl; 000 if there is no answer.
status() { ask -o /dev/null -w '%{http_code}' "$@" 2>"$dir/curl.log" || true; }
# refused WHAT PATTERN ARGUMENT...: no answer, and curl says why.
refused() {
  local what=$1 pattern=$2
  shift 2
  equal "$what" "$(status "$@")" 000
  contains "$what" "$(<"$dir/curl.log")" "$pattern"
}
server_name() {
  openssl s_client -connect "$address" -cert "$dir/client.crt" -key "$dir/client.key" </dev/null 2>/dev/null |
    sed -n 's/^subject=CN = //p'
}
times_logged() { grep -cE -- "$1" "$agent_log" || true; }

ca ours
ca strangers
certificate first ours 2
certificate client ours 2
certificate stranger strangers 2
certificate late-client ours -1
certificate late ours -1
install_as ours.crt clients.crt
serve first
web_config wonderland "${verified[@]}"

say "errors at the start: all of them, and exit code 2"
web_config wonderland "min_version: TLS11" "client_auth: x"
code=0
timeout 20 "$agent" --web.listen-address=127.0.0.1:0 --web.config.file="$dir/web.yml" 2>"$dir/err" || code=$?
equal "exit code" "$code" 2
contains "a version" "$(<"$dir/err")" '/web\.yml:4:16: tls_server_config\.min_version: found "TLS11", which is broken'
contains "a key" "$(<"$dir/err")" '/web\.yml:5:3: tls_server_config: found the unknown key .* did you mean client_auth_type\?'
web_config wonderland "client_auth_type: VerifyClientCertIfGiven" "client_ca_file: nowhere.crt"
install_as client.key server.key
echo "web: {config_file: '$dir/web.yml'}" >"$dir/config.yaml"
code=0
"$agent" config check "$dir/config.yaml" 2>"$dir/err" || code=$?
equal "exit code of config check" "$code" 1
contains "a key of another" "$(<"$dir/err")" '/web\.yml:3:3: tls_server_config\.key_file: .*does not belong to the certificate'
contains "no CA" "$(<"$dir/err")" '/web\.yml:5:3: .*nowhere\.crt.*cannot be read: No such file'
serve first
web_config wonderland "${verified[@]}"
equal "config check" "$("$agent" config check "$dir/config.yaml")" "$dir/config.yaml: ok"

say "the right certificate and the right password"
mkfifo "$dir/kept"
socat -u "UNIX-RECV:$dir/notify" "OPEN:$dir/notified,creat,append" &
started+=($!)
eventually "the service manager is there" test -S "$dir/notify"
export NOTIFY_SOCKET=$dir/notify WATCHDOG_USEC=400000
start_agent --simulate=p5.48xlarge --web.config.file="$dir/web.yml"
unset NOTIFY_SOCKET WATCHDOG_USEC
log_has 'listening.*tls=true' || fail "the log does not say that TLS is on"
equal "devices" "$(ask "${as_prometheus[@]}" | grep -cE '^efa_tx_bytes_total\{')" 32
head=$(ask "${as_prometheus[@]}" -o /dev/null -D - --compressed | tr -d '\r')
contains "protocol" "$head" '^HTTP/1\.1 200'
contains "compressed" "$head" '^Content-Encoding: gzip'
contains "a header" "$head" '^Strict-Transport-Security: max-age=31536000$'
contains "a header" "$head" '^X-Frame-Options: deny$'
equal "connections of many requests" "$(curl -sS "${as_prometheus[@]}" -o /dev/null -o /dev/null -o /dev/null \
  -w '%{num_connects}' "https://$address/metrics" "https://$address/" "https://$address/healthz")" 100

say "the watchdog is fed without either"
eventually "WATCHDOG=1" grep -q WATCHDOG=1 "$dir/notified"
! log_has 'does not answer itself' || fail "the agent does not answer itself"

say "the wrong certificate, or none"
refused "no certificate" 'alert certificate required|alert handshake failure|SSL|reset|Broken' "${with_ca[@]}" -u prometheus:wonderland
refused "of another CA" 'alert unknown ca|SSL|reset|Broken' "${with_ca[@]}" --cert "$dir/stranger.crt" --key "$dir/stranger.key"
refused "expired" 'alert certificate expired|SSL|reset|Broken' "${with_ca[@]}" --cert "$dir/late-client.crt" --key "$dir/late-client.key"
refused "of another CA, seen by curl" 'unable to get local issuer|self.signed' --cacert "$dir/strangers.crt"

say "the wrong password, or none"
equal "wrong" "$(status "${with_certificate[@]}" -u prometheus:wonder)" 401
equal "unknown user" "$(status "${with_certificate[@]}" -u nobody:wonderland)" 401
equal "none" "$(status "${with_certificate[@]}")" 401
equal "garbage" "$(status "${with_certificate[@]}" -H 'Authorization: Basic !!!')" 401
equal "of 9000 bytes" "$(status "${with_certificate[@]}" -H "Authorization: Basic $(printf 'x%.0s' {1..9000})")" 431
contains "how" "$(ask "${with_certificate[@]}" -o /dev/null -D -)" '^WWW-Authenticate: Basic'
equal "elsewhere" "$(curl -sS "${with_certificate[@]}" -o /dev/null -w '%{http_code}' "https://$address/healthz")" 401

say "plain HTTP to the port of TLS"
equal "plain HTTP" "$(curl -sS --http0.9 "http://$address/metrics")" "Client sent an HTTP request to an HTTPS server."
equal "its status" "$(curl -sS -o /dev/null -w '%{http_code}' "http://$address/metrics")" 400

say "versions"
# s_client VERSION ARGUMENT...
s_client() { openssl s_client -connect "$address" -cipher 'ALL:@SECLEVEL=0' "$@" </dev/null 2>&1 || true; }
contains "TLS 1.1" "$(s_client -tls1_1)" 'alert protocol version|no protocols available'
contains "TLS 1.2" "$(s_client -tls1_2 -cert "$dir/client.crt" -key "$dir/client.key")" 'Protocol *: TLSv1\.2'
equal "TLS 1.2 by curl" "$(status "${as_prometheus[@]}" --tls-max 1.2)" 200
web_config wonderland "${verified[@]}" "min_version: TLS13"
contains "TLS 1.2, where 1.3 is the least" "$(s_client -tls1_2)" 'alert protocol version'
equal "TLS 1.3 by curl" "$(status "${as_prometheus[@]}" --tlsv1.3)" 200
equal "no session outlives its connection" "$(s_client -tls1_3 -cert "$dir/client.crt" -key "$dir/client.key" |
  grep -c 'New Session Ticket' || true)" 0

say "a password that changes counts at once"
web_config mirror "${verified[@]}"
equal "the old one" "$(status "${as_prometheus[@]}")" 401
equal "the new one" "$(status "${with_certificate[@]}" -u prometheus:mirror)" 200
web_config wonderland "${verified[@]}"
equal "the old one again" "$(status "${as_prometheus[@]}")" 200

say "a new certificate of the server; old connections go on"
request="GET /healthz HTTP/1.1\r\nHost: x\r\nAuthorization: Basic $(printf prometheus:wonderland | base64)\r\n\r\n"
openssl s_client -quiet -connect "$address" -cert "$dir/client.crt" -key "$dir/client.key" \
  <"$dir/kept" >"$dir/kept.out" 2>/dev/null &
started+=($!)
exec {kept}>"$dir/kept"
answers() { [ "$(grep -c '^HTTP/1\.1 200' "$dir/kept.out")" = "$1" ]; }
# shellcheck disable=SC2059
printf "$request" >&"$kept"
eventually "an answer on the old connection" answers 1
equal "the name" "$(server_name)" first
certificate second ours 2
serve second
equal "the name" "$(server_name)" second
equal "a scrape" "$(status "${as_prometheus[@]}")" 200
# shellcheck disable=SC2059
printf "$request" >&"$kept"
eventually "another answer on it" answers 2

say "an expired certificate of the server: told by us and by curl"
serve late
refused "expired" 'certificate has expired' "${as_prometheus[@]}"
log_has 'server\.crt: the certificate has expired' || fail "the log does not say that it has expired"
serve second

say "another CA for clients"
install_as strangers.crt clients.crt
refused "of the old CA" 'alert|SSL|reset|Broken' "${as_prometheus[@]}"
equal "of the new CA" "$(status "${with_ca[@]}" --cert "$dir/stranger.crt" --key "$dir/stranger.key" -u prometheus:wonderland)" 200
install_as ours.crt clients.crt
equal "of the old CA again" "$(status "${as_prometheus[@]}")" 200

say "what is broken changes nothing, and is logged once"
before=$(times_logged 'the running one stays')
install_as client.csr server.crt
for _ in 1 2 3; do equal "a scrape" "$(status "${as_prometheus[@]}")" 200; done
equal "the name" "$(server_name)" second
equal "lines of log" "$(($(times_logged 'the running one stays') - before))" 1
kill -HUP "$agent_pid"
again() { [ "$(times_logged 'the running one stays')" = $((before + 2)) ]; }
eventually "SIGHUP says it again" again
serve first
equal "the name" "$(server_name)" first
log_has 'web configuration reloaded' || fail "the log does not say that it is well again"
echo 'basic_auth_users: {}' >"$dir/plain.yml"
install_as plain.yml web.yml
equal "a scrape without TLS in the file" "$(status "${as_prometheus[@]}")" 200
log_has 'TLS is turned on and off only with a restart' || fail "the log does not say what is wrong"
web_config wonderland "${verified[@]}"
equal "a scrape" "$(status "${as_prometheus[@]}")" 200

say "garbage, and 150 clients that hold half a handshake"
head -c 100000 /dev/urandom | timeout 10 socat -u - "TCP:$address" 2>/dev/null || true
printf '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03garbage' | timeout 10 socat -u - "TCP:$address" 2>/dev/null || true
trap "" PIPE  # the agent may have ended one before it is written to
held=()
for _ in {1..150}; do
  exec {fd}<>"/dev/tcp/${address%:*}/${address##*:}"
  printf '\x16\x03\x01' >&"$fd" || true
  held+=("$fd")
done
for _ in 1 2 3; do equal "a scrape" "$(status "${as_prometheus[@]}")" 200; done
# shellcheck disable=SC2059
printf "$request" >&"$kept"
eventually "a third answer on the old connection" answers 3
for fd in "${held[@]}"; do exec {fd}>&-; done

say "doctor sees that the agent answers"
echo "web: {listen_addresses: ['$address'], config_file: '$dir/web.yml'}" >"$dir/config.yaml"
contains "EFA-001" "$(timeout 60 "$agent" doctor --config.file="$dir/config.yaml" --only=EFA-001 --all)" '^PASS +EFA-001'

say "a real Prometheus, with certificate and password"
for job in right wrong; do
  echo "  - job_name: $job"
  echo "    scheme: https"
  echo "    tls_config: {ca_file: $dir/ours.crt, cert_file: $dir/client.crt, key_file: $dir/client.key}"
  echo "    basic_auth: {username: prometheus, password: $([ $job = right ] && echo wonderland || echo wrong)}"
  echo "    static_configs: [{targets: ['$address']}]"
done >"$dir/jobs"
{
  echo "global: {scrape_interval: 1s, scrape_timeout: 1s}"
  echo "scrape_configs:"
  cat "$dir/jobs"
} >"$dir/prometheus.yml"
promtool check config "$dir/prometheus.yml" >/dev/null
start_prometheus "$dir/prometheus.yml"
eventually "up" gives 'up{job="right"}' 1
eventually "down" gives 'up{job="wrong"}' 0
eventually "samples" gives 'count(efa_device_up{job="right"} == 1)' 32
api targets | jq -r '.data.activeTargets[] | select(.labels.job == "wrong").lastError' >"$dir/why"
contains "why" "$(<"$dir/why")" '401 Unauthorized'
certificate third ours 2
serve third
scrapes=$(query 'count_over_time(up{job="right"}[1h])')
eventually "five scrapes more" gives "count_over_time(up{job=\"right\"}[1h]) > bool $((scrapes + 5))" 1
equal "never down after the first" "$(query 'min_over_time(up{job="right"}[4s])')" 1

say "the end: at once, with connections open"
begin=$(now_ms)
stop_agent
[ $(($(now_ms) - begin)) -lt 5000 ] || fail "it took $(($(now_ms) - begin)) ms"

say "passwords without TLS"
printf 'basic_auth_users: {prometheus: %s}\n' "$(hash_of wonderland)" >"$dir/web.yml"
start_agent --simulate=p5.48xlarge --web.config.file="$dir/web.yml"
equal "none" "$(get /metrics -o /dev/null -w '%{http_code}')" 401
equal "the right one" "$(get /metrics -u prometheus:wonderland -o /dev/null -w '%{http_code}')" 200
equal "the wrong one" "$(get /metrics -u prometheus:mirror -o /dev/null -w '%{http_code}')" 401
stop_agent

say "a Secret as the kubelet mounts it, and its probes, which only connect"
mkdir "$dir/secret"
# project NAME: a certificate and its web configuration in a new folder, for the group to read; then ..data is that one.
project() {
  local new=$dir/secret/..of_$1 old file
  old=$(readlink "$dir/secret/..data" || true)
  mkdir "$new"
  cp "$dir/$1.crt" "$new/server.crt"
  cp "$dir/$1.key" "$new/server.key"
  cp "$dir/ours.crt" "$new/clients.crt"
  cp "$dir/web.yml" "$new/web.yml"
  chmod 440 "$new"/*
  [ "$(id -u)" != 0 ] || chgrp 10045 "$new"/*
  ln -s "..of_$1" "$dir/secret/..data_tmp"
  mv -T "$dir/secret/..data_tmp" "$dir/secret/..data"
  for file in server.crt server.key clients.crt web.yml; do
    [ -L "$dir/secret/$file" ] || ln -s "..data/$file" "$dir/secret/$file"
  done
  [ -z "$old" ] || rm -rf "$dir/secret/$old"
}
web_config wonderland "${verified[@]}"
project first
if [ "$(id -u)" = 0 ]; then
  mkdir "$dir/bin"
  cp "$agent" "$dir/bin/"
  [ ! -e "${agent%/*}/efa-agent-tls.so" ] || cp "${agent%/*}/efa-agent-tls.so" "$dir/bin/"
  agent=$dir/bin/${agent##*/}
  runner=(setpriv --reuid=10045 --regid=10045 --clear-groups --bounding-set=-all --no-new-privs)
fi
start_agent --simulate=p5.48xlarge --web.config.file="$dir/secret/web.yml"
equal "the name" "$(server_name)" first
for name in second third first; do
  project "$name"
  equal "the name" "$(server_name)" "$name"
  equal "a scrape" "$(status "${as_prometheus[@]}")" 200
done
descriptors() { find "/proc/$agent_pid/fd" -mindepth 1 | wc -l; }
before=$(descriptors)
for _ in {1..300}; do
  exec {fd}<>"/dev/tcp/${address%:*}/${address##*:}"
  exec {fd}>&-
done
equal "a scrape" "$(status "${as_prometheus[@]}")" 200
as_before() { [ "$(descriptors)" -lt $((before + 10)) ]; }
eventually "the descriptors of the connections are closed" as_before
equal "warnings and errors" "$(grep -E 'level=(warning|error)' "$agent_log" | grep -vc 'the devices are simulated' || true)" 0
stop_agent
