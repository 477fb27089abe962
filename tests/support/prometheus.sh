# shellcheck shell=bash disable=SC2154  # dir, started: the test's
# A real Prometheus for tests in shell: in $dir, on a port of its own; its process is added to `started`.

# start_prometheus CONFIGURATION
start_prometheus() {
  prometheus --config.file="$1" --storage.tsdb.path="$dir/tsdb" --web.listen-address=127.0.0.1:0 \
    --log.level=info 2>"$dir/prometheus.log" &
  started+=($!)
  eventually "Prometheus listens" prometheus_listens
  prometheus=$(grep -m 1 -oE 'Listening on" address=[^ ]+' "$dir/prometheus.log")
  prometheus=http://${prometheus##*=}
}
prometheus_listens() { grep -qE 'Listening on.*address=127' "$dir/prometheus.log"; }

api() { curl -sS --max-time 20 -G "$prometheus/api/v1/$1" "${@:2}"; }
# query EXPRESSION: the values, one a line.
query() { api query --data-urlencode "query=$1" | jq -r '.data.result[].value[1]'; }
gives() { [ "$(query "$1" | xargs)" = "$2" ]; }
