#!/usr/bin/env bash
# deploy/container: buildah builds the image of the static binary; bubblewrap runs its root as Kubernetes does with the
# DaemonSet's settings: read-only, as process 1 of user 10045, without a capability, in namespaces of its own but for the network.
# EFA_STATIC_AGENT is the binary; without it, build/static/agent/efa-agent. Exit code 77: it is not there, or one of the tools does not
# work here; the last line says why.
binary=$(realpath "${EFA_STATIC_AGENT:-build/static/agent/efa-agent}" 2>/dev/null) || binary=
export EFA_AGENT=${binary:-/nonexistent}
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
if [ -z "$binary" ]; then binary=$(realpath -m "${EFA_STATIC_AGENT:-build/static/agent/efa-agent}"); fi
[ -x "$binary" ] || skip "no static binary: $binary"
[ "$(id -u)" = 0 ] || skip "becomes another user, so it must be root"

say "the binary needs no library"
headers=$(readelf -dlW "$binary")
[[ ! $headers =~ NEEDED|INTERP ]] || fail "$binary is not linked statically"

# Only these two are of the context.
mkdir -p "$dir/context/build/static/agent"
cp LICENSE "$dir/context/"
install -m 755 "$binary" "$dir/context/build/static/agent/efa-agent"
image=efa-agent:test
root=$dir/root
mkdir "$root"
store=(--storage-driver vfs --root "$dir/storage" --runroot "$dir/run")
built=assembled

# two_architectures: one name for both, as the README builds it. The other one's binary is only copied, so this one stands in for it.
two_architectures() {
  local build=(buildah "${store[@]}" build --isolation chroot -f deploy/container/Containerfile --manifest "$image-all")
  install -D -m 755 "$binary" "$dir/context/build/static-aarch64/agent/efa-agent"
  "${build[@]}" --platform linux/amd64 "$dir/context" >"$dir/built" 2>&1 || fail "amd64: $(tail -n 3 "$dir/built")"
  "${build[@]}" --platform linux/arm64 --build-arg BINARY=build/static-aarch64/agent/efa-agent "$dir/context" >"$dir/built" 2>&1 ||
    fail "arm64: $(tail -n 3 "$dir/built")"
  equal "architectures" "$(buildah "${store[@]}" manifest inspect "$image-all" | jq -r '.manifests[].platform.architecture' | xargs)" "amd64 arm64"
}
if command -v buildah >/dev/null &&
  buildah "${store[@]}" bud --isolation chroot -f deploy/container/Containerfile -t $image "$dir/context" >"$dir/built" 2>&1; then
  say "$(buildah --version | cut -d ' ' -f 1-3) built the image"
  built=image
  inspected=$(buildah "${store[@]}" inspect --type image $image | jq -c '.OCIv1.config')
  equal "user" "$(jq -r .User <<<"$inspected")" 10045:10045
  equal "entry" "$(jq -c .Entrypoint <<<"$inspected")" '["/usr/bin/efa-agent"]'
  equal "port" "$(jq -c '.ExposedPorts | keys' <<<"$inspected")" '["10045/tcp"]'
  container=$(buildah "${store[@]}" from --pull-never localhost/$image)
  cp -a "$(buildah "${store[@]}" mount "$container")/." "$root/"
  contains "buildah run" "$(buildah "${store[@]}" run --isolation chroot "$container" -- /usr/bin/efa-agent --version)" '^efa-agent'
  buildah "${store[@]}" rm "$container" >/dev/null
  two_architectures
else
  say "buildah does not build here ($(tail -n 1 "$dir/built" 2>/dev/null || echo "not installed")): the same root is put together without it"
  install -D -m 755 "$binary" "$root/usr/bin/efa-agent"
  install -D -m 644 LICENSE "$root/usr/share/doc/efa-agent/LICENSE"
fi
equal "files" "$(cd "$root" && find . -type f | sort | paste -sd ' ')" "./usr/bin/efa-agent ./usr/share/doc/efa-agent/LICENSE"
equal "binary" "$(sha256sum <"$root/usr/bin/efa-agent")" "$(sha256sum <"$binary")"

# What the kubelet adds before it makes the root read-only: where it mounts things.
mkdir -p "$root"/{dev,proc,tmp,etc/efa-agent,host/sys,host/proc,host/var/log/pods} "$dir/pods"
cp deploy/kubernetes/base/efa-agent.yaml "$root/etc/efa-agent/"
chmod -R a+rX "$root" "$dir/pods"
agent=/usr/bin/efa-agent
in_container=(setpriv --reuid=10045 --regid=10045 --clear-groups --bounding-set=-all --no-new-privs
  bwrap --ro-bind "$root" / --proc /proc --dev /dev --remount-ro /dev
  --ro-bind /sys /host/sys --ro-bind /proc /host/proc --ro-bind "$dir/pods" /host/var/log/pods
  --unshare-user --unshare-ipc --unshare-uts --unshare-cgroup-try --unshare-pid --as-pid-1 --die-with-parent
  --clearenv --setenv NODE_NAME node-7 --setenv AWS_EC2_METADATA_DISABLED true --info-fd 3)
"${in_container[@]}" "$agent" --version >"$dir/version" 2>&1 3>/dev/null ||
  skip "bubblewrap does not work here: $(tail -n 1 "$dir/version")"

# start_container ARGUMENT...: sets process to the agent's. What bubblewrap is to mount besides stands in `mounts`.
mounts=()
start_container() {
  runner=("${in_container[@]}" "${mounts[@]}")
  start_agent --config.file=/etc/efa-agent/efa-agent.yaml "$@" 3>"$dir/info"
  process=$(jq -r '."child-pid"' "$dir/info")
}
# stop_container: told to, the agent ends.
stop_container() {
  kill -TERM "$process"
  patience=20 eventually "the agent ends" ended "$process"
  wait "$agent_pid" || fail "exit code $?"
}
status() { sed -n "s/^$1:\t*//p" "/proc/$process/status"; }

# writable: of each place what is mounted last.
writable() {
  awk '!($5 in last) { order[++n] = $5 } { last[$5] = $6 }
    END { for (i = 1; i <= n; i++) if (last[order[i]] ~ /^rw/) print order[i] }' "/proc/$process/mountinfo" |
    grep -vE '^/(dev|proc)(/|$)' || true
}

say "it serves"
# The simulation alone writes: the files of its devices.
mounts=(--tmpfs /tmp)
start_container --simulate=p5.48xlarge
equal "/healthz" "$(get /healthz -o /dev/null -w '%{http_code}')" 200
eventually "/readyz" get /readyz -f -o /dev/null
text=$(get /metrics)
equal "devices" "$(grep -cE '^efa_tx_bytes_total\{' <<<"$text")" 32
contains "the node's name, of the environment" "$text" '^efa_instance_info\{.*node_name="node-7"'

say "as nobody, with nothing"
equal "user" "$(status Uid)" $'10045\t10045\t10045\t10045'
equal "group" "$(status Gid)" $'10045\t10045\t10045\t10045'
equal "groups" "$(status Groups | tr -d ' ')" ""
for set in CapInh CapPrm CapEff CapBnd CapAmb; do equal "$set" "$(status $set)" 0000000000000000; done
equal "no new privileges" "$(status NoNewPrivs)" 1
equal "process 1" "$(status NSpid | awk '{ print $NF }')" 1
equal "writable" "$(writable)" /tmp
contains "a write to the root" "$(LC_ALL=C touch "/proc/$process/root/written" 2>&1 || true)" 'Read-only file system'

say "it ends when it is told to, as process 1 does only if it listens"
stop_container
contains "log" "$(<"$agent_log")" 'msg="?terminating'

say "over this host's /sys, with the configuration of the DaemonSet"
mounts=()
start_container
equal "writable" "$(writable)" ""
contains "/metrics" "$(get /metrics)" '^efa_devices [0-9]+$'
stop_container
! grep -E 'level=error' "$agent_log" || fail "errors"
say "$built"
