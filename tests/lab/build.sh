#!/usr/bin/env bash
# Builds what the lab boots, from Debian packages alone, and prints the folder it is in: QEMU, kernels with the efa
# driver, and the guests' disk. It is kept, keyed by the versions of all packages and by the scripts here: what has
# become stale is built anew, the rest is not touched.
#
#   tests/lab/build.sh          # a minute or two from nothing, a few seconds if all is there
#
# EFA_LAB_CACHE names another folder than ~/.cache/efa-agent-lab. Needs no root where user namespaces are allowed.
# Exit code 77, or 1 with EFA_LAB_REQUIRED: cannot be built here; the last line of stderr says why.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
cache=${EFA_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/efa-agent-lab}
for part in packages tools kernel guest systemd; do
  # shellcheck source=/dev/null
  . "$here/build/$part.sh"
done

step() { printf -- '-- %3d s: %s\n' "$SECONDS" "$*" >&2; }
cannot() {
  echo "the lab cannot be built: $*" >&2
  [ -n "${EFA_LAB_REQUIRED:-}" ] && exit 1
  exit 77
}

# stage NAME KEY FUNCTION ARGUMENT...: lets `FUNCTION FOLDER ARGUMENT...` fill a folder, unless it did for this key
# before. The folder is current/NAME then.
stage() {
  local name=$1 folder
  folder=$name-$(sha256sum <<<"$2" | cut -c -16)
  if [ ! -d "$cache/$folder" ]; then
    step "building $name"
    rm -rf "$cache/partial/$folder" && mkdir -p "$cache/partial/$folder"
    # In the background, as `set -e` does not hold in what stands before ||.
    (set -x && "$3" "$cache/partial/$folder" "${@:4}") >"$cache/$name.log" 2>&1 &
    wait $! || { tail -n 30 "$cache/$name.log" >&2 && echo "building $name failed: $cache/$name.log" >&2 && exit 1; }
    mv "$cache/partial/$folder" "$cache/$folder"
  fi
  ln -sfn "$cache/$folder" "$cache/current/$name"
}

# in_root ROOT COMMAND...: a command of a Debian tree, in it.
in_root() {
  unshare --mount sh -c '
    for folder in proc dev; do mkdir -p "$0/$folder" && mount --rbind "/$folder" "$0/$folder"; done
    exec env -i HOME=/ LC_ALL=C PATH=/usr/sbin:/usr/bin chroot "$0" "$@"' "$@"
}

check_machine() {
  [ "$(uname -m)" = x86_64 ] || cannot "its guests are x86_64, this machine is $(uname -m)"
  local program
  for program in apt-get cpio dpkg-deb mke2fs socat ssh ssh-keygen unshare xz; do
    command -v $program >/dev/null || cannot "no $program: deploy/install-build-deps.sh test installs it"
  done
  unshare --mount true 2>/dev/null || cannot "mount namespaces are not allowed (unshare --mount)"
  local free
  free=$(df --output=avail -BM "$cache" | tail -n 1 | tr -dc 0-9)
  [ "$free" -ge 5000 ] || [ -e "$cache/current/guest" ] || cannot "$cache has $free MB free, 5000 are needed"
}

# What is not current is of no use any more.
forget_the_old() {
  local kept folder
  kept=" $(readlink "$cache"/current/*) " && kept=${kept//$'\n'/ }
  for folder in "$cache"/{tools,kernel-newest,kernel-debian12,guest,systemd}-*/; do
    [[ $kept == *" ${folder%/} "* ]] || rm -rf "${folder%/}"
  done
  rm -rf "$cache/partial"
}

build() {
  if ! refresh_packages; then
    [ ! -e "$cache/current/guest" ] || { echo "no package lists to be had: the lab stays as it was built" >&2 && return; }
    cannot "no package lists to be had: $(tail -n 1 "$cache/packages.log")"
  fi
  # The same lists and scripts give the same: known without asking apt.
  local inputs
  inputs=$(cat "$cache"/packages/*/refreshed "$here"/build.sh "$here"/{build,programs}/* "$here"/guest/{init,boot,systemd/*} | sha256sum)
  [ "$inputs" != "$(cat "$cache/current/inputs" 2>/dev/null)" ] || return 0

  local tools newest debian12 guest systemd
  tools=$(resolve newest $tools_packages && cat "$here"/build/{packages,tools}.sh)
  newest=$(resolve_kernel newest && cat "$here"/build/{packages,kernel}.sh "$here/guest/boot")
  debian12=$(resolve_kernel debian12 && cat "$here"/build/{packages,kernel}.sh "$here/guest/boot")
  guest=$(resolve guest $guest_packages && cat "$here"/build/{packages,guest}.sh "$here/guest/init" "$here"/programs/*)
  systemd=$(resolve guest $systemd_packages && cat "$here"/build/{packages,guest,systemd}.sh "$here"/{guest/systemd,programs}/*)
  rm -f "$cache/current/inputs"
  {
    stage kernel-newest "$newest" build_kernel newest
    stage kernel-debian12 "$debian12" build_kernel debian12
  } &
  local kernels=$!
  stage tools "$tools" build_tools
  stage guest "$guest $tools" build_guest
  stage systemd "$systemd $tools" build_systemd
  wait $kernels
  forget_the_old
  echo "$inputs" >"$cache/current/inputs"
  step "the lab is built: $(du -sh "$cache" | cut -f 1) in $cache"
}

mkdir -p "$cache/current" 2>/dev/null || cannot "cannot write $cache (EFA_LAB_CACHE names another folder)"
if [ "$(id -u)" != 0 ]; then
  unshare --map-root-user true 2>/dev/null || cannot "neither root nor user namespaces (unshare --map-root-user)"
  EFA_LAB_CACHE=$cache exec unshare --map-root-user "$0"
fi
check_machine
exec 9>"$cache/lock"
flock 9  # another build may be under way
build
echo "$cache/current"
