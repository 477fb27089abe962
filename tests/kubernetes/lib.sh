# shellcheck shell=bash
# For the tests of deploy/kubernetes and deploy/helm: kubectl and the types of Kubernetes, both from Debian sid, and the tool
# of this folder. What is fetched is kept in ~/.cache/efa-agent-kubernetes, or the folder that EFA_KUBERNETES_CACHE names.
# Exit code 77, or 1 with EFA_KUBERNETES_REQUIRED: the tools cannot be had here; the last line says why.
set -eEuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/support/assert.sh
. tests/support/assert.sh
cache=${EFA_KUBERNETES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/efa-agent-kubernetes}
# shellcheck source=tests/lab/build/packages.sh
. tests/lab/build/packages.sh
# shellcheck disable=SC2034 # of packages.sh
suites=([sid]=sid)

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'echo "failed: $0: line $LINENO: $BASH_COMMAND" >&2' ERR

step() { say "$*" >&2; }
cannot() {
  [ -z "${EFA_KUBERNETES_REQUIRED:-}" ] || fail "cannot be tested here: $*"
  skip "$*"
}

fetch_packages() {
  local folder=$1 deb
  (cd "$folder" && apt apt-get sid -qq download kubectl python3-kubernetes) || return 1
  for deb in "$folder"/*.deb; do
    dpkg-deb -x "$deb" "$folder" && rm "$deb" || return 1
  done
}

# Sets kubectl and models.
fetch_tools() {
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
  refresh_packages || cannot "no package lists of Debian sid: $(tail -n 1 "$cache/packages.log")"
  local folder key
  key=$(apt apt-cache sid show kubectl python3-kubernetes | grep '^SHA256:') || cannot "Debian sid has no kubectl"
  folder=$cache/tools-$(sha256sum <<<"$key" | cut -c -16)
  if [ ! -d "$folder" ]; then
    rm -rf "$cache/partial" && mkdir -p "$cache/partial"
    fetch_packages "$cache/partial" >"$cache/fetch.log" 2>&1 || cannot "kubectl was not to be fetched: $(tail -n 1 "$cache/fetch.log")"
    rm -rf "$cache"/tools-*
    mv "$cache/partial" "$folder"
  fi
  exec 9>&-
  kubectl=$folder/usr/bin/kubectl
  models=$folder/usr/lib/python3/dist-packages/kubernetes/client/models
  say "kubectl $("$kubectl" version --client -o json | jq -r '.clientVersion.gitVersion, .kustomizeVersion' | paste -sd ' '), types of python3-kubernetes $(sed -n 's/^__version__ = "\(.*\)"/\1/p' "${models%/*}/__init__.py")"
}

# Sets tool. Debian's packages of Go are its only sources.
build_tool() {
  local package
  command -v go >/dev/null || cannot "no go: deploy/install-build-deps.sh test installs it"
  for package in github.com/Masterminds/sprig github.com/xeipuuv/gojsonschema sigs.k8s.io/yaml; do
    [ -d /usr/share/gocode/src/$package ] || cannot "no Go package $package: deploy/install-build-deps.sh test installs it"
  done
  [ -z "$(gofmt -l tests/kubernetes/tool)" ] || fail "gofmt -w tests/kubernetes/tool"
  tool=$dir/tool
  GO111MODULE=off GOPATH=/usr/share/gocode GOPROXY=off GOTOOLCHAIN=local GOFLAGS='' GOCACHE=$cache/go \
    go build -o "$tool" ./tests/kubernetes/tool
}

# readme FIRST: the block of deploy/kubernetes/README.md that has a line /FIRST/, from there.
readme() { awk -v first="$1" '$0 ~ first { found = 1 } /^```$/ && found { exit } found' deploy/kubernetes/README.md; }

# passes COMMAND...: without a word. rejects WHAT PATTERN COMMAND...: it fails, and says why.
passes() { ("$@") >"$dir/said" 2>&1 || fail "$*: $(head -c 3000 "$dir/said")"; }
rejects() {
  if ("${@:3}") >"$dir/said" 2>&1; then fail "not noticed: $1"; fi
  grep -qE -- "$2" "$dir/said" || fail "$1 is noticed, but not as /$2/: $(head -c 2000 "$dir/said")"
  rejected=$((${rejected:-0} + 1))
}

# types FILE: says what is wrong with its objects.
types() { "$tool" types "$models" tests/kubernetes/schemas <"$1"; }
# secure FILE [--argjson owners|ranks|network|tls true]...: says what is wrong with the DaemonSet.
secure() {
  local problems
  problems=$("$tool" json <"$1" | jq -r -f tests/kubernetes/secure.jq "${@:2}") || return 1
  [ -z "$problems" ] || { echo "$problems" && return 1; }
}

# A pod's configuration, arguments and probes are those of the real agent. check_agent FILE LISTENS_ON EXPECTED...: patterns
# of lines of `config print`.
agent=${EFA_AGENT:-build/release/agent/efa-agent}
check_agent() {
  local objects=$dir/agent.json configuration=$dir/efa-agent.yaml arguments argument printed pattern
  [ -x "$agent" ] || fail "no agent: $agent; EFA_AGENT names another"
  "$tool" json <"$1" >"$objects"
  jq -er '.[] | select(.kind == "ConfigMap").data["efa-agent.yaml"] // empty' "$objects" >"$configuration"
  # The ConfigMap that is mounted, where the argument has it.
  jq -e '(.[] | select(.kind == "DaemonSet").spec.template.spec) as $pod
    | ($pod.volumes[] | select(.name == "config").configMap.name) as $name
    | (.[] | select(.kind == "ConfigMap" and .metadata.name == $name).data | keys[0]) as $key
    | ($pod.containers[0].volumeMounts[] | select(.name == "config").mountPath + "/" + $key) as $path
    | $pod.containers[0].args[0] == "--config.file=" + $path' "$objects" >/dev/null ||
    fail "$1: the argument is not where the ConfigMap is mounted"
  "$agent" config check "$configuration" >"$dir/checked" 2>&1 || fail "$1: not the agent's configuration: $(<"$dir/checked")"
  mapfile -t arguments < <(jq -r '.[] | select(.kind == "DaemonSet").spec.template.spec.containers[0].args[1:][]' "$objects")
  for argument in "${arguments[@]}"; do [[ $argument == --* ]] || fail "$1: argument $argument"; done
  printed=$("$agent" config print --config.file="$configuration" "${arguments[@]}") || fail "$1: not the agent's arguments: ${arguments[*]}"
  for pattern in "${@:2}"; do contains "$1, config print" "$printed" "$pattern"; done
}
