#!/bin/sh
# Installs the portable agent on a Linux of any kind, 3.10 or later, and takes it away again. It needs a POSIX shell and root;
# a package (deploy/package) does the same on systems with dpkg or rpm. Run again, it upgrades.
#
#   deploy/install.sh [--prefix=DIR] [--binary=FILE] [--init=systemd|upstart|none] [--no-start]
#   deploy/install.sh --uninstall [--purge] [--prefix=DIR]
#
# PREFIX/bin/efa-agent          the program: FILE, or the one beside this script, or what deploy/static/build.sh built
# PREFIX/bin/efa-probe          for doctor --probe, if it is beside that program
# /etc/efa-agent                the configuration; one that was changed is kept, and the new one is put beside it as .new
# /etc/systemd/system           the unit; or /etc/init/efa-agent.conf for upstart (Amazon Linux 1); or nothing
#
# The prefix is /usr/local. --uninstall keeps the configuration, --purge does not. With DESTDIR everything is put below that
# directory, for systemd if --init says nothing else, and nothing is enabled, started or stopped.
set -eu

prefix=/usr/local
binary=
init=
start=yes
action=install
purge=no
root=${DESTDIR:-}

usage() { sed -n '2,/^set -eu/p' "$0" | sed -e '/^set/d' -e 's/^# \{0,1\}//'; }
fail() { echo "install.sh: $*" >&2 && exit 1; }
say() { echo "$*"; }

for argument in "$@"; do
  case $argument in
    --prefix=/*) prefix=${argument#*=} ;;
    --prefix=*) fail "$argument: allowed is an absolute path" ;;
    --binary=?*) binary=${argument#*=} ;;
    --init=systemd | --init=upstart | --init=none) init=${argument#*=} ;;
    --no-start) start=no ;;
    --uninstall) action=uninstall ;;
    --purge) purge=yes ;;
    -h | --help) usage && exit 0 ;;
    *) echo "install.sh: found $argument, which is not expected; try --help" >&2 && exit 2 ;;
  esac
done
prefix=${prefix%/}
[ "$purge" = no ] || [ "$action" = uninstall ] || fail "--purge: allowed is it with --uninstall"
[ -n "$root" ] || [ "$(id -u)" = 0 ] || fail "must be run by root (or with DESTDIR)"

here=$(cd "$(dirname "$0")" && pwd)
program=$prefix/bin/efa-agent
probe=$prefix/bin/efa-probe
shared=$prefix/share/efa-agent
config=/etc/efa-agent/efa-agent.yaml
environment=/etc/default/efa-agent
units=/etc/systemd/system
drop_in=$units/efa-agent.service.d/10-old-systemd.conf
job=/etc/init/efa-agent.conf

# The first that is there of a file's names, below this script's folder.
found() {
  for name in "$@"; do
    if [ -e "$here/$name" ]; then
      echo "$here/$name"
      return
    fi
  done
}

# 0 if systemctl says nothing that can be read.
systemd_version() {
  version=$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
  echo "${version:-0}"
}

detect_init() {
  if [ -n "$init" ]; then
    return
  fi
  if [ -n "$root" ] || [ -d /run/systemd/system ] || command -v systemctl >/dev/null 2>&1; then
    init=systemd
  elif command -v initctl >/dev/null 2>&1 && [ -d /etc/init ]; then
    init=upstart
  else
    init=none
  fi
}

# put SOURCE TARGET MODE: in one step, so that a running agent keeps its own.
put() {
  mkdir -p "$root$(dirname "$2")"
  cp "$1" "$root$2.partial"
  chmod "$3" "$root$2.partial"
  mv -f "$root$2.partial" "$root$2"
}

# put_config SOURCE TARGET: what is there and is not what was installed before stays.
put_config() {
  original=$shared/$(basename "$1").original
  if [ ! -e "$root$2" ] || cmp -s "$root$2" "$root$original" || cmp -s "$root$2" "$1"; then
    put "$1" "$2" 644
    rm -f "$root$2.new"
  else
    put "$1" "$2.new" 644
    say "$2 was changed and is kept; the new one is $2.new"
  fi
  put "$1" "$original" 644
}

find_binary() {
  machine=$(uname -m)
  build=build/static
  [ "$machine" = x86_64 ] || build=build/static-$machine
  [ -n "$binary" ] || binary=$(found efa-agent "../$build/agent/efa-agent")
  [ -n "$binary" ] || fail "no program for $machine: build it by deploy/static/build.sh, or name it by --binary=FILE"
  [ -f "$binary" ] || fail "$binary: no such file"
  "$binary" --version >/dev/null 2>&1 || fail "$binary: does not run on this machine ($machine)"
}

owned_by_package() {
  { dpkg-query -S "$program" || rpm -qf "$program"; } >/dev/null 2>&1
}

make_user() {
  if [ -n "$root" ] || getent passwd efa-agent >/dev/null 2>&1 || grep -q '^efa-agent:' /etc/passwd; then
    return
  fi
  shell=/sbin/nologin
  [ -e "$shell" ] || shell=/bin/false
  if command -v useradd >/dev/null 2>&1; then
    useradd -r -U -M -d / -s "$shell" efa-agent
  elif command -v adduser >/dev/null 2>&1; then # busybox
    adduser -S -D -H -h / -s "$shell" efa-agent
  else
    fail "neither useradd nor adduser is there to make the user efa-agent"
  fi
}

install_systemd() {
  unit=$(found efa-agent.service systemd/efa-agent.service)
  [ -n "$unit" ] || fail "efa-agent.service is neither beside this script nor in systemd/"
  socket=$(found efa-agent.socket systemd/efa-agent.socket)
  sed "s|/usr/bin/efa-agent|$program|g" "$unit" >"$root$shared/efa-agent.service.made"
  put "$root$shared/efa-agent.service.made" "$units/efa-agent.service" 644
  rm -f "$root$shared/efa-agent.service.made"
  [ -z "$socket" ] || put "$socket" "$units/efa-agent.socket" 644
  [ -z "$root" ] || return 0

  version=$(systemd_version)
  # It has not the unit's group of system calls, and would allow none at all.
  if [ "$version" != 0 ] && [ "$version" -lt 239 ]; then
    mkdir -p "$(dirname "$drop_in")"
    printf '[Service]\nSystemCallFilter=\n' >"$drop_in"
  else
    rm -f "$drop_in"
  fi
  # It does not give out users by itself.
  [ "$version" = 0 ] || [ "$version" -ge 235 ] || make_user
  if [ ! -d /run/systemd/system ]; then
    [ "$start" = no ] || systemctl enable efa-agent.service || say "not enabled: systemctl enable efa-agent"
    say "systemd does not run here: nothing was started"
    return 0
  fi
  systemctl daemon-reload
  if [ "$start" = yes ]; then
    systemctl enable efa-agent.service
    systemctl restart efa-agent.service || fail "the agent did not start: journalctl -u efa-agent"
  fi
}

install_upstart() {
  mkdir -p "$root/etc/init"
  cat >"$root$job" <<END
# Prometheus exporter for Elastic Fabric Adapters, for upstart. The log goes to syslog.
description "Prometheus exporter for Elastic Fabric Adapters"
start on runlevel [2345]
stop on runlevel [!2345]
respawn
respawn limit 10 60
nice 5
limit nofile 8192 8192
kill timeout 45
script
  su -s /bin/sh efa-agent -c 'exec $program --config.file=$config' 2>&1 | logger -t efa-agent
end script
END
  make_user
  [ -z "$root" ] || return 0
  initctl reload-configuration
  if [ "$start" = yes ]; then
    initctl stop efa-agent >/dev/null 2>&1 || true
    initctl start efa-agent || fail "the agent did not start: see /var/log/messages"
  fi
}

install_agent() {
  find_binary
  [ -n "$root" ] || ! owned_by_package || fail "$program belongs to a package; upgrade that, or choose another --prefix"
  yaml=$(found efa-agent.yaml ../config/efa-agent.yaml)
  [ -n "$yaml" ] || fail "efa-agent.yaml is neither beside this script nor in ../config"
  mkdir -p "$root$shared"
  put "$binary" "$program" 755
  # Whether it runs here does not matter to the agent; doctor tells what it lacks.
  built_probe=$(dirname "$binary")/efa-probe
  [ ! -f "$built_probe" ] || put "$built_probe" "$probe" 755
  put_config "$yaml" "$config"
  env=$(found efa-agent.env systemd/efa-agent.env)
  [ -z "$env" ] || put_config "$env" "$environment"
  # One that was changed may be for another version.
  "$binary" config check "$root$config" >/dev/null || fail "$config: see above; correct it, then run this again"
  case $init in
    systemd) install_systemd ;;
    upstart) install_upstart ;;
    none) say "No systemd and no upstart: start it by $program --config.file=$config, as a user without privileges." ;;
  esac
  say "installed: $program ($init)"
}

uninstall_agent() {
  if [ -z "$root" ]; then
    if [ -e "$units/efa-agent.service" ] && command -v systemctl >/dev/null 2>&1; then
      for unit in efa-agent.socket efa-agent.service; do
        [ -e "$units/$unit" ] || continue
        systemctl disable "$unit" || true
        [ ! -d /run/systemd/system ] || systemctl stop "$unit" || true
      done
    fi
    [ ! -e "$job" ] || initctl stop efa-agent >/dev/null 2>&1 || true
  fi
  rm -f "$root$program" "$root$probe" "$root$job" "$root$drop_in" "$root$units/efa-agent.service" "$root$units/efa-agent.socket"
  rm -f "$root$shared"/efa-agent.*.original
  rmdir "$root$units/efa-agent.service.d" "$root$shared" 2>/dev/null || true
  [ -n "$root" ] || [ ! -d /run/systemd/system ] || systemctl daemon-reload
  if [ "$purge" = yes ]; then
    rm -rf "$root/etc/efa-agent" "$root$environment" "$root$environment.new"
    if [ -z "$root" ] && grep -q '^efa-agent:.*:/:' /etc/passwd; then
      userdel efa-agent 2>/dev/null || deluser efa-agent || true
    fi
  fi
  say "removed: $program"
  [ ! -e "$root$config" ] || say "kept: $config (--purge removes it)"
}

detect_init
"${action}_agent"
