#!/usr/bin/env bash
# The dashboards are what is generated; their metrics exist and all are shown; panels, layout, colours and links are as they
# should be; the files for provisioning are YAML that says what it should.
set -eEuo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/support/assert.sh
. tests/support/assert.sh
command -v node >/dev/null || skip "there is no node"
node tests/grafana/dashboards_test.mjs
