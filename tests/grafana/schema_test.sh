#!/usr/bin/env bash
# The dashboards are what @grafana/schema says a dashboard is, to the last property: of the oldest Grafana that they are for
# all that must be there is there, and neither it nor the newest meets a property or a value that it does not know.
#
# npm fetches the schemas once, into ~/.cache/efa-agent-grafana (EFA_GRAFANA_CACHE names another folder).
set -eEuo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/support/assert.sh
. tests/support/assert.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for program in node npm; do command -v $program >/dev/null || skip "there is no $program"; done

lock=$(sha256sum tests/grafana/schema/package-lock.json)
cache=${EFA_GRAFANA_CACHE:-$HOME/.cache/efa-agent-grafana}/${lock:0:16}
if [ ! -d "$cache" ]; then
  say "fetching the schemas"
  mkdir -p "$(dirname "$cache")"
  fetched=$(mktemp -d "$cache.XXXXXX")
  cp tests/grafana/schema/package*.json "$fetched/"
  if ! timeout 150 npm ci --prefix "$fetched" --ignore-scripts --no-audit --no-fund --fetch-timeout=20000 \
    --fetch-retries=1 --fetch-retry-mintimeout=1000 >"$dir/npm.log" 2>&1; then
    rm -rf "$fetched"
    ! grep -q EINTEGRITY "$dir/npm.log" || fail "what npm fetched is not what package-lock.json says: $(cat "$dir/npm.log")"
    skip "npm cannot fetch the schemas: $(grep -m 1 -i 'npm err' "$dir/npm.log" || tail -n 1 "$dir/npm.log")"
  fi
  mv -T "$fetched" "$cache" 2>/dev/null || rm -rf "$fetched"  # somebody else was faster
fi

modules=$cache/node_modules
# tsconfig FOLDER PREFIX: where the types of one version are, and how the files of dashboards begin there.
tsconfig() {
  local types=$1 file=$2
  local oldest=$modules/grafana-schema-10/dist/esm/raw/composable
  jq -n --arg types "$types" --arg oldest "$oldest" --arg file "$file" '
    def panel($folder; $name): {("schema/" + $folder): [$types + "/raw/composable/" + $folder + "/panelcfg/x/" +
      (if $file == "" then "types.gen.d.ts" else $name + "PanelCfg_types.gen.d.ts" end)]};
    {compilerOptions: {strict: true, noEmit: true, target: "es2022", module: "esnext", moduleResolution: "bundler", types: [], skipLibCheck: true,
      paths: ({
          "@grafana/schema": [$types + "/index.d.ts"],
          "schema/dashboard": [$types + "/raw/dashboard/x/" + $file + "types.gen.d.ts"],
          "schema/prometheus": [$oldest + "/prometheus/dataquery/x/PrometheusDataQuery_types.gen.d.ts"]
        } + panel("timeseries"; "TimeSeries") + panel("stat"; "Stat") + panel("bargauge"; "BarGauge") + panel("table"; "Table")
          + panel("heatmap"; "Heatmap") + panel("statetimeline"; "StateTimeline"))},
     files: ["dashboards.ts"]}'
}

check() {
  local version=$1
  mkdir "$dir/$version"
  node tests/grafana/schema/literals.mjs "$version" >"$dir/$version/dashboards.ts"
  tsconfig "$2" "$3" >"$dir/$version/tsconfig.json"
  if ! node "$modules/typescript/bin/tsc" -p "$dir/$version" >"$dir/$version/log"; then
    # Each error with the comment above the literal that it is in.
    awk -F '[(,]' -v source="$dir/$version/dashboards.ts" '
      BEGIN { while ((getline line < source) > 0) { n++; if (line ~ /^\/\/ /) where = substr(line, 4); of[n] = where } }
      /^ / { print; next }
      { where = of[$2]; sub(/.*error/, "error"); print where ": " $0 }' "$dir/$version/log" | head -n 60
    fail "the dashboards are not what the $version schema says"
  fi
  say "$(grep -c '^export const' "$dir/$version/dashboards.ts") literals are what the $version schema says"
}
check oldest "$modules/grafana-schema-10/dist/esm" dashboard_
check newest "$modules/grafana-schema-13/dist/types" ""
node tests/grafana/schema/provisioning.mjs "$modules"
