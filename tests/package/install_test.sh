#!/usr/bin/env bash
# deploy/install.sh: by dash and by busybox, below a directory; and in roots of their own, with systemd old and new, upstart, and
# nothing. systemctl, initctl and useradd are recorders there: what they are told is what is tested.
# shellcheck source=tests/e2e/lib.sh
EFA_AGENT=${EFA_AGENT:-build/static/agent/efa-agent} . "$(dirname "$0")/../e2e/lib.sh"
[ -x "$agent" ] || skip "no $agent: deploy/static/build.sh builds it"
busybox=$(command -v busybox) || skip "no busybox"
export PATH=$PATH:/usr/sbin:/sbin

say "shellcheck"
shellcheck deploy/install.sh

# A release: what is wanted lies beside the script.
mkdir "$dir/release"
cp deploy/install.sh config/efa-agent.yaml deploy/systemd/efa-agent.service "$dir/release"
cp "$agent" "$(dirname "$agent")/efa-probe" "$dir/release"
for file in deploy/systemd/efa-agent.socket deploy/systemd/efa-agent.env; do
  [ ! -e "$file" ] || cp "$file" "$dir/release"
done

files_below() { (cd "$1" && find . ! -type d -printf '%P %m\n' | sort); }

for shell in dash "$busybox sh"; do
  say "by ${shell##*/}, below DESTDIR"
  target=$dir/target
  # shellcheck disable=SC2086 # busybox sh
  install_sh() { DESTDIR=$target $shell "$dir/release/install.sh" "$@"; }
  install_sh --prefix=/usr >"$dir/out"
  contains "files" "$(files_below "$target")" '^usr/bin/efa-agent 755$'
  contains "files" "$(files_below "$target")" '^etc/efa-agent/efa-agent.yaml 644$'
  contains "files" "$(files_below "$target")" '^etc/systemd/system/efa-agent.service 644$'
  cmp "$target/etc/systemd/system/efa-agent.service" deploy/systemd/efa-agent.service
  cmp "$target/usr/bin/efa-agent" "$agent"
  contains "files" "$(files_below "$target")" '^usr/bin/efa-probe 755$'
  cmp "$target/usr/bin/efa-probe" "$(dirname "$agent")/efa-probe"
  before=$(files_below "$target")
  install_sh --prefix=/usr >"$dir/out"
  equal "files, installed twice" "$(files_below "$target")" "$before"

  say "an upgrade: what was not changed follows, what was changed stays"
  config=$target/etc/efa-agent/efa-agent.yaml
  echo "# new" >>"$dir/release/efa-agent.yaml"
  install_sh --prefix=/usr >"$dir/out"
  equal "last line" "$(tail -n 1 "$config")" "# new"
  sed -i 's/level: info/level: debug/' "$config"
  echo "# newer" >>"$dir/release/efa-agent.yaml"
  install_sh --prefix=/usr >"$dir/out"
  contains "said" "$(cat "$dir/out")" 'was changed and is kept'
  contains "configuration" "$(cat "$config")" 'level: debug'
  equal "last line of .new" "$(tail -n 1 "$config.new")" "# newer"
  echo "nonsense: true" >>"$config"
  ! install_sh --prefix=/usr >"$dir/out" 2>&1 || fail "a wrong configuration"
  contains "said" "$(cat "$dir/out")" 'nonsense'

  say "away again"
  install_sh --uninstall --prefix=/usr >"$dir/out"
  equal "files" "$(files_below "$target" | sed 's/ .*//' | grep -v '^etc/default/' | xargs)" \
    "etc/efa-agent/efa-agent.yaml etc/efa-agent/efa-agent.yaml.new"
  install_sh --uninstall --purge --prefix=/usr >"$dir/out"
  equal "files" "$(files_below "$target")" ""
  mkdir "$dir/alone" && cp "$agent" "$dir/alone"
  install_sh --init=upstart --binary="$dir/alone/efa-agent" >"$dir/out"
  rm -r "$dir/alone"
  equal "programs, where there is no efa-probe" "$(ls "$target/usr/local/bin")" efa-agent
  contains "job" "$(cat "$target/etc/init/efa-agent.conf")" "exec /usr/local/bin/efa-agent --config.file=/etc"
  install_sh --uninstall --purge >"$dir/out"
  equal "files" "$(files_below "$target")" ""

  say "wrong calls"
  ends() {
    local code=0 wanted=$1
    shift
    install_sh "$@" >"$dir/out" 2>&1 || code=$?
    equal "exit code of $*" "$code" "$wanted"
  }
  ends 2 --nonsense
  ends 1 --prefix=relative
  ends 1 --purge
  ends 1 --binary=/nowhere
  ends 1 --binary="$dir/release/efa-agent.yaml"
  contains "said" "$(cat "$dir/out")" 'does not run on this machine'
  ends 0 --help
  contains "help" "$(cat "$dir/out")" '^ +deploy/install.sh .*--prefix'
  cp config/efa-agent.yaml "$dir/release"
done

# A root of busybox and recorders; in_root ARGUMENT... runs install.sh in it, and calls tells what was recorded.
make_root() {
  root=$dir/$1
  mkdir -p "$root"/{bin,sbin,etc,tmp,usr/bin,run,release}
  cp "$busybox" "$root/bin/busybox"
  "$busybox" --list | grep -v "^busybox$" | while read -r applet; do ln -sf busybox "$root/bin/$applet"; done
  rm -f "$root"/bin/{init,adduser,deluser}
  echo "root:x:0:0:root:/:/bin/sh" >"$root/etc/passwd"
  cp "$dir/release"/* "$root/release/"
  mkdir "$root/dev" && : >"$root/dev/null"
  for recorder in useradd userdel logger; do record "$recorder"; done
}
record() {
  rm -f "$root/bin/$1"
  # shellcheck disable=SC2016 # for the script
  printf '#!/bin/sh\necho "%s $*" >>/calls\n%s\n' "$1" "${2:-}" >"$root/bin/$1"
  chmod 755 "$root/bin/$1"
}
record_systemd() { record systemctl "[ \"\$1\" != --version ] || echo '$1'"; }
in_root() {
  : >"$root/calls"
  chroot "$root" /bin/sh -c 'PATH=/bin:/sbin:/usr/bin; exec /bin/sh /release/install.sh "$@"' sh "$@" >"$dir/out" 2>&1 ||
    { cat "$dir/out" && return 1; }
}
calls() { paste -sd ';' "$root/calls"; }

if [ "$(id -u)" != 0 ]; then
  say "in roots of their own: not tried, as that needs root"
  exit 0
fi

say "systemd 219 (CentOS 7, Amazon Linux 2)"
make_root systemd-219
record_systemd "systemd 219"
mkdir -p "$root/run/systemd/system"
in_root
equal "calls" "$(calls)" "systemctl --version;useradd -r -U -M -d / -s /bin/false efa-agent;systemctl daemon-reload;systemctl enable efa-agent.service;systemctl restart efa-agent.service"
contains "drop-in" "$(cat "$root/etc/systemd/system/efa-agent.service.d/10-old-systemd.conf")" '^SystemCallFilter=$'
contains "unit" "$(cat "$root/etc/systemd/system/efa-agent.service")" '^ExecStart=/usr/local/bin/efa-agent '
in_root --uninstall --purge
contains "calls" "$(calls)" 'systemctl disable efa-agent.service;systemctl stop efa-agent.service;systemctl daemon-reload'
[ ! -e "$root/etc/systemd/system/efa-agent.service.d" ] || fail "the drop-in is left"
[ ! -e "$root/etc/efa-agent" ] || fail "the configuration is left"

say "systemd 237 (Ubuntu 18.04), 252 (Debian 12), and one that does not run"
make_root systemd-237
record_systemd "systemd 237"
mkdir -p "$root/run/systemd/system"
in_root
! grep useradd "$root/calls" || fail "a user, though systemd makes one"
[ -e "$root/etc/systemd/system/efa-agent.service.d/10-old-systemd.conf" ] || fail "no drop-in"
record_systemd "systemd 252 (252.39-1)"
in_root --no-start
equal "calls" "$(calls)" "systemctl --version;systemctl daemon-reload"
[ ! -e "$root/etc/systemd/system/efa-agent.service.d/10-old-systemd.conf" ] || fail "the drop-in is left"
rmdir "$root/run/systemd/system"
in_root
equal "calls" "$(calls)" "systemctl --version;systemctl enable efa-agent.service"

say "upstart (Amazon Linux 1)"
make_root upstart
record initctl
mkdir "$root/etc/init"
in_root
equal "calls" "$(calls)" "useradd -r -U -M -d / -s /bin/false efa-agent;initctl reload-configuration;initctl stop efa-agent;initctl start efa-agent"
contains "job" "$(cat "$root/etc/init/efa-agent.conf")" 'su -s /bin/sh efa-agent -c .exec /usr/local/bin/efa-agent'
in_root --uninstall
equal "calls" "$(calls)" "initctl stop efa-agent"
[ ! -e "$root/etc/init/efa-agent.conf" ] || fail "the job is left"

say "neither"
make_root neither
in_root
equal "calls" "$(calls)" ""
contains "said" "$(cat "$dir/out")" 'start it by /usr/local/bin/efa-agent'
chroot "$root" /usr/local/bin/efa-agent config check /etc/efa-agent/efa-agent.yaml
