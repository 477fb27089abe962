#!/usr/bin/env bash
# The rules, scrape configurations and the runbook in deploy/prometheus: Prometheus takes them, tests/prometheus holds
# them, and each names only what there is in the others.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
rules=deploy/prometheus/rules
wrong=0
complain() { echo "$*" >&2 && wrong=1; }

# none WHAT: complains of each line of the input.
none() {
  local line
  while IFS= read -r line; do complain "$1: $line"; done
}

quietly() { "$@" >"$folder/log" 2>&1 || { cat "$folder/log" && complain "failed: $*"; }; }

quietly promtool check rules --lint=all --lint-fatal "$rules"/*.yml
quietly promtool test rules tests/prometheus/*_test.yml

# Debian's promtool comes without Kubernetes: there what stands around it is checked.
cp -r deploy/prometheus "$folder/"
for config in deploy/prometheus/prometheus.yml deploy/prometheus/scrape/*.yml; do
  if grep -q kubernetes_sd_configs "$config" &&
    [[ "$(promtool check config "$config" 2>&1)" == *"field kubernetes_sd_configs not found"* ]]; then
    echo "not checked, for want of a promtool that knows it: kubernetes_sd_configs of $config"
    config=$folder/${config#deploy/}
    sed -i '/kubernetes_sd_configs:/,/names:/c\    static_configs: [{targets: [pod]}]' "$config"
  fi
  quietly promtool check config --lint=all --lint-fatal "$config"
done

# The command in file_sd.yml, by a sinfo that knows every mark of a node's state; one node is in two partitions.
mkdir "$folder/slurm"
cat >"$folder/slurm/sinfo" <<'END'
#!/bin/sh
[ "$*" = "--noheader --Node --format=%N %t" ] || exit 1
printf '%s\n' 'on-1 idle' 'on-2 alloc' 'on-2 alloc' 'off-1 idle~' 'off-2 mix#' 'off-3 idle%' 'on-10 alloc!' 'off-4 drain~' 'off-5 down#' \
  'on-3 down*' 'on-4 drain' 'on-5 drng@' 'on-6 maint$' 'on-7 idle^' 'on-8 mix-' 'on-9 down'
END
chmod +x "$folder/slurm/sinfo"
sed -n 's/^#   //p' deploy/prometheus/scrape/file_sd.yml >"$folder/slurm/targets"
(cd "$folder/slurm" && PATH=$PWD:$PATH sh -e targets)
[ "$(jq -c . "$folder/slurm/efa-targets.json")" = \
  "[{\"targets\":[$(printf '"on-%d:10045",' 1 10 2 3 4 5 6 7 8 9 | sed 's/,$//')],\"labels\":{\"cluster\":\"research\"}}]" ] ||
  complain "file_sd.yml: its command makes $(jq -c . "$folder/slurm/efa-targets.json")"
echo 'exit 1' >"$folder/slurm/sinfo"
(cd "$folder/slurm" && PATH=$PWD:$PATH sh -e targets) && complain "file_sd.yml: its command passes over a sinfo that fails"
[ "$(jq '.[0].targets | length' "$folder/slurm/efa-targets.json")" = 10 ] || complain "file_sd.yml: a sinfo that fails costs the targets"

for config in deploy/prometheus/remote-write/*.yml; do
  quietly promtool check config --agent "$config"
  # They drop what the lean profile drops.
  sed -n '/metric_relabel_configs:/,/^$/p' "$config" | sed '/^$/d' |
    diff - <(sed -n '/metric_relabel_configs:/,$p' deploy/prometheus/scrape/lean.yml) || complain "$config: not as lean.yml"
done

# Each alert has all it should have.
awk '
  function finish() { if (name != "") print name parts; name = parts = "" }
  FNR == 1 || /^ +- (alert|record):/ { finish() }
  /^ +- alert:/ { name = $3 }
  /^ +for: [0-9]+m$/ { parts = parts " for" }
  /^ +severity: (page|inform)$/ { parts = parts " severity" }
  /^ +summary: ./ { parts = parts " summary" }
  /^ +description: ./ { parts = parts " description" }
  /^ +runbook_url: / && $2 == "deploy/prometheus/RUNBOOK.md#" tolower(name) { parts = parts " runbook_url" }
  END { finish() }
' "$rules"/*.yml >"$folder/alerts"
[ "$(wc -l <"$folder/alerts")" -ge 20 ] || complain "not all alerts found"
none "an alert lacks a part" < <(grep -v ' for severity summary description runbook_url$' "$folder/alerts")
cut -d' ' -f1 "$folder/alerts" | sort >"$folder/names"
none "two alerts of one name" < <(uniq -d "$folder/names")
none "an alert's name does not begin with EFA" < <(grep -v '^EFA' "$folder/names")

# Each has a section in the runbook, a test in which it fires, and one in which it does not.
grep -oE '^## EFA.*' deploy/prometheus/RUNBOOK.md | cut -d' ' -f2 | sort >"$folder/sections"
none "an alert without a section in RUNBOOK.md, or the other way round" < <(
  comm -3 "$folder/names" "$folder/sections" | tr -d '\t')
awk -v RS='alertname: ' '
  NR > 1 {
    name = $1
    sub(/,$/, "", name)
    if ($0 ~ /exp_alerts: \[\]/) print name, "silent"
    if ($0 ~ /\n +- exp_labels:/) print name, "fires"
  }' tests/prometheus/*_test.yml | sort -u >"$folder/tested"
none "an alert without that test, or a test without alert" < <(
  sed 's/\(.*\)/\1 fires\n\1 silent/' "$folder/names" | sort | comm -3 - "$folder/tested" | tr -d '\t')

# Every metric in a rule is published, every recorded name is recorded, and asked for.
sed 's/^ *#.*//' "$rules"/*.yml | grep -oE '[A-Za-z_:][A-Za-z0-9_:]*' | sort -u >"$folder/words"
grep -E '^(efa|ena)_[a-z0-9_]+$' "$folder/words" >"$folder/metrics"
sed 's/`/ /g' deploy/prometheus/METRICS.md | grep -oE " (efa|ena)_[a-z0-9_]+ " | tr -d " " | sort -u >"$folder/published"
none "a rule uses what METRICS.md does not have" < <(comm -23 "$folder/metrics" "$folder/published")
grep -hoE 'record: .*' "$rules"/*.yml | cut -d' ' -f2 | sort -u >"$folder/recorded"
none "a rule uses what is not recorded" < <(
  grep -E '^[a-z_]+:[a-z_]+:[a-z0-9_]+$' "$folder/words" | comm -23 - "$folder/recorded")
sed -e 's/^ *#.*//' -e '/- record:/d' tests/prometheus/*_test.yml "$rules"/*.yml |
  grep -oE '[A-Za-z_:][A-Za-z0-9_:]*' | sort -u >"$folder/used"
none "a recording rule that no test and no rule asks for" < <(comm -23 "$folder/recorded" "$folder/used")

# What the lean profile drops is in no rule.
sed -n -e 's/^ *regex: //p' -e 's/^ *action: //p' deploy/prometheus/scrape/lean.yml >"$folder/relabelling"
while read -r metric; do
  while read -r regex && read -r action; do
    case $action in
      drop) ! grep -qE "^($regex)\$" <<<"$metric" || complain "scrape/lean.yml drops $metric, which a rule needs" ;;
      keep) grep -qE "^($regex)\$" <<<"$metric" || complain "scrape/lean.yml does not keep $metric, which a rule needs" ;;
      *) complain "scrape/lean.yml: unknown action $action" ;;
    esac
  done <"$folder/relabelling"
done <"$folder/metrics"

[ $wrong = 0 ] && echo "$(wc -l <"$folder/names") alerts, $(wc -l <"$folder/recorded") recorded names: all as it should be"
