# shellcheck shell=bash disable=SC2034  # agent: the test's
# For the tests of dashboards that need an agent and a Prometheus: what they start ends with them.
set -eEuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/support/assert.sh
. tests/support/assert.sh
# shellcheck source=tests/support/prometheus.sh
. tests/support/prometheus.sh
command -v node >/dev/null || skip "there is no node"

agent=$(realpath "${EFA_AGENT:-build/release/agent/efa-agent}")
dir=$(mktemp -d)
started=()
finish() {
  local code=$? process
  trap - EXIT
  for process in "${started[@]}"; do
    { kill -KILL "$process" && wait "$process"; } 2>/dev/null || true
  done
  rm -rf "$dir"
  exit $code
}
trap finish EXIT
export AWS_EC2_METADATA_DISABLED=true
