#!/usr/bin/env bash
# The Debian package and the RPM of what deploy/static/build.sh made: same source, same bytes; nothing that lintian and rpmlint
# have to say; installed, upgraded and removed in a clean Debian and in an empty root. The clean Debian is kept in
# ~/.cache/efa-agent-packages, or the folder that EFA_PACKAGES_CACHE names.
# shellcheck disable=SC2016 # texts for others
# shellcheck source=tests/e2e/lib.sh
EFA_AGENT=${EFA_AGENT:-build/static/agent/efa-agent} . "$(dirname "$0")/../e2e/lib.sh"
if [ ! -x "$agent" ] || [ ! -e build/static/CPackConfig.cmake ]; then skip "no portable agent: deploy/static/build.sh builds it"; fi
cache=${EFA_PACKAGES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/efa-agent-packages}
export SOURCE_DATE_EPOCH=1767225600
umask 022

# pack BUILD FOLDER ARGUMENT...
pack() {
  local build=$1 folder=$2
  shift 2
  (cd "$build" && cpack -B "$dir/$folder" "$@") >"$dir/$folder.log" 2>&1 || { cat "$dir/$folder.log" && fail "cpack"; }
}

say "same source, same bytes"
# A newer version, with another default in its configuration.
cat >"$dir/newer.cmake" <<'END'
file(GLOB_RECURSE yaml ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/efa-agent.yaml)
file(APPEND ${yaml} "# newer\n")
END
pack build/static first & first=$!
pack build/static newer -R 99.0.0 -D "CPACK_PRE_BUILD_SCRIPTS=$PWD/deploy/package/reproducible.cmake;$dir/newer.cmake" & newer=$!
wait $first
pack build/static second
wait $newer
for package in "$dir"/first/*.deb "$dir"/first/*.rpm; do
  cmp "$package" "$dir/second/${package##*/}"
done
deb=$(echo "$dir"/first/efa-agent_*_amd64.deb)
rpm=$(echo "$dir"/first/efa-agent-*.x86_64.rpm)
newer_deb=$dir/newer/efa-agent_99.0.0-1_amd64.deb
newer_rpm=$dir/newer/efa-agent-99.0.0-1.x86_64.rpm
say "$(stat -c '%s bytes: %n' "$deb" "$rpm" | sed "s|$dir/first/||" | paste -sd ',')"
# Both are read by the systems of the first EFA guide: no zstd.
equal "members of the .deb" "$(ar t "$deb" | xargs)" "debian-binary control.tar.gz data.tar.xz"
equal "payload of the RPM" "$(rpm -qp --qf '%{PAYLOADCOMPRESSOR}' "$rpm" 2>/dev/null)" xz
equal "requirements of the RPM" "$(rpm -qp --requires "$rpm" 2>/dev/null | grep -v '^rpmlib(' | sort -u)" /bin/sh
# Without rdma-core all works but doctor --probe.
equal "libraries that the RPM suggests" "$(rpm -qp --suggests "$rpm" 2>/dev/null | xargs)" "libefa.so.1()(64bit) libibverbs.so.1()(64bit)"
equal "what the .deb depends on, and suggests" "$(dpkg-deb -f "$deb" Depends Suggests | paste -sd ';')" \
  "Depends: passwd;Suggests: ibverbs-providers, libibverbs1"
equal "conffiles of the RPM" "$(rpm -qp --configfiles "$rpm" 2>/dev/null | grep -v ^/etc/default/)" /etc/efa-agent/efa-agent.yaml

say "lintian and rpmlint"
lint() {
  # Misspelt words are bytes of machine code beside words, and others in each build.
  equal "lintian of ${1##*/}" "$(lintian --allow-root --display-info --pedantic --suppress-tags spelling-error-in-binary --tag-display-limit 0 "$1" 2>&1)" ""
  contains "rpmlint of ${2##*/}" "$(rpmlint -c deploy/package/rpmlint.toml "$2" 2>&1)" ' 0 errors, 0 warnings'
}
lint "$deb" "$rpm"

if [ -e build/static-aarch64/CPackConfig.cmake ]; then
  say "arm64"
  pack build/static-aarch64 arm64
  equal "files" "$(cd "$dir/arm64" && echo ./*.deb ./*.rpm | sed 's/[0-9.]*-1/V/g')" "./efa-agent_V_arm64.deb ./efa-agent-V.aarch64.rpm"
  dpkg-deb -x "$dir"/arm64/*.deb "$dir/arm64/root"
  for program in efa-agent efa-probe; do
    contains "machine of $program" "$(readelf -h "$dir/arm64/root/usr/bin/$program")" 'Machine: +AArch64'
  done
  lint "$dir"/arm64/*.deb "$dir"/arm64/*.rpm
fi

if [ "$(id -u)" != 0 ]; then
  say "installing: not tried, as chroot needs root"
  exit 0
fi

# A systemctl that writes down what it is told, of a version of systemd.
fake_systemd() {
  mkdir -p "$root/run/systemd/system" "$root/usr/bin"
  printf '#!/bin/sh\n[ "$1" != --version ] || { echo "systemd %s"; exit 0; }\n[ "$2" != is-enabled ] || echo enabled\necho "$*" >>/calls\n' "$1" >"$root/usr/bin/systemctl"
  chmod 755 "$root/usr/bin/systemctl"
}
calls() {
  # Not those of deb-systemd-helper, which makes the links.
  grep -v -e '^--root=' "$root/calls" | grep -E 'daemon-reload|start|stop|preset|disable' | sed 's/--[a-z-]* //g' | paste -sd ';'
  : >"$root/calls"
}
contents() {
  find "$root" -xdev \( -path "$root/var/lib/dpkg" -o -path "$root/var/log" -o -path "$root/var/lib/rpm" -o -path "$root/usr/lib/sysimage" \) \
    -prune -o -printf '/%P %y %m %U:%G\n' | sort
}

say "a clean Debian"
tar=$cache/bookworm.tar
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ ! -e "$tar" ]; then
  mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep '/debian/\?$' | awk 'NR == 1')
  timeout 250 mmdebstrap --quiet --variant=essential --include=passwd bookworm "$tar.partial.tar" "$mirror" >"$cache/log" 2>&1 ||
    skip "no Debian to install in: $(tail -n 1 "$cache/log")"
  mv "$tar.partial.tar" "$tar"
fi
exec 9>&-
root=$dir/debian
mkdir "$root"
tar -xf "$tar" -C "$root" --exclude=./dev --exclude=./usr/share/doc --exclude=./usr/share/locale
mkdir -p "$root/dev" && mknod -m 666 "$root/dev/null" c 1 3
: >"$root/calls"
cp "$deb" "$root/old.deb" && cp "$newer_deb" "$root/new.deb"
chroot "$root" dpkg -r --force-depends nothing >/dev/null 2>&1 || true # what dpkg makes by itself
before=$(contents)
in_debian() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@" >"$dir/out" 2>&1 || { cat "$dir/out" && fail "$*"; }; }
config=$root/etc/efa-agent/efa-agent.yaml
wants=$root/etc/systemd/system/multi-user.target.wants/efa-agent.service

say "installed, where systemd does not run"
in_debian dpkg -i /old.deb
equal "dpkg said" "$(grep -vE '^(Selecting|\(Reading|Preparing|Unpacking|Setting up|Created symlink)' "$dir/out" || true)" ""
in_debian efa-agent --version
in_debian efa-agent config check /etc/efa-agent/efa-agent.yaml
in_debian dpkg --verify efa-agent
[ -L "$wants" ] || fail "it is not enabled"
after=$(contents)
equal "wrong owners and modes" "$(comm -13 <(echo "$before") <(echo "$after") | grep -vE ' (d 755|f 644|l 777) 0:0$')" "$(printf '/usr/bin/%s f 755 0:0\n' efa-agent efa-probe)"
for path in /usr/bin/efa-agent /usr/lib/systemd/system/efa-agent.service /etc/efa-agent/efa-agent.yaml /usr/share/man/man1/efa-agent.1.gz /usr/share/man/man1/efa-probe.1.gz \
  /usr/share/man/man5/efa-agent.yaml.5.gz /usr/share/bash-completion/completions/efa-agent /usr/share/zsh/vendor-completions/_efa-agent \
  /usr/share/doc/efa-agent/changelog.gz /usr/share/doc/efa-agent/copyright /usr/share/doc/efa-agent/README.md /usr/share/doc/efa-agent/METRICS.md \
  /usr/share/efa-agent/prometheus/prometheus.yml /usr/share/doc/efa-agent/examples/lean.yaml; do
  [ -e "$root$path" ] || grep -q "^path-exclude" -r "$root/etc/dpkg" || fail "$path is not there"
done

say "Prometheus finds the rules from each configuration that is installed"
shared=$root/usr/share/efa-agent/prometheus
for file in "$shared/prometheus.yml" "$shared"/scrape/{static,ec2_sd,lean}.yml; do
  equal "rule files of ${file#"$shared/"}" "$(promtool check config "$file" | grep -c 'rules found$')" "$(find deploy/prometheus/rules -name '*.yml' | wc -l)"
done

say "doctor --probe, without the libraries of rdma-core and with this machine's"
make_device efa_0 0000:00:06.0
probed() {
  rm -rf "$root/sys-of-efa"
  cp -a "$dir/sys" "$root/sys-of-efa"
  chroot "$root" /usr/bin/efa-agent doctor --probe --only=EFA-203 --path.sysfs=/sys-of-efa --json >"$dir/doctor" || true
  rm -r "$root/sys-of-efa"
  jq -r '.checks[0] | .found + "; " + .fix' "$dir/doctor"
}
contains "doctor" "$(probed)" "for want of .*: error while loading shared libraries: libibverbs.so.1: .*; install libibverbs1 and ibverbs-providers"
mapfile -t libraries < <(ldd build/static/agent/efa-probe | grep -oE '/[^ ]*/lib(ibverbs|efa|nl-)[^ ]*')
[ ${#libraries[@]} -ge 2 ] || fail "this machine has no libraries of rdma-core: ${libraries[*]}"
cp -L -t "$root/usr/lib/x86_64-linux-gnu" "${libraries[@]}"
contains "doctor" "$(probed)" "libibverbs does not list efa_0"
rm "${libraries[@]/#*\//$root/usr/lib/x86_64-linux-gnu/}"

say "upgraded: what was changed stays, what was disabled stays so"
sed -i 's/level: info/level: debug/' "$config"
rm "$wants"
in_debian dpkg --force-confdef --force-confold -i /new.deb
contains "version" "$(chroot "$root" dpkg-query -W -f '${Version}' efa-agent)" '^99'
contains "configuration" "$(cat "$config")" 'level: debug'
[ ! -e "$wants" ] || fail "it is enabled again"

say "removed, and purged: nothing is left"
in_debian dpkg -r efa-agent
contains "configuration" "$(cat "$config")" 'level: debug'
equal "programs left" "$(find "$root/usr/bin" -name 'efa-*')" ""
in_debian dpkg -P efa-agent
equal "left behind" "$(diff <(echo "$before") <(contents))" ""

say "with systemd: started, restarted, stopped; and what versions before 235 and 239 need"
fake_systemd "252 (252.39-1)"
in_debian dpkg -i /old.deb
equal "calls" "$(calls)" "daemon-reload;start efa-agent.service"
in_debian dpkg -i /new.deb
equal "calls" "$(calls)" "daemon-reload;restart efa-agent.service"
! grep -q '^efa-agent:' "$root/etc/passwd" || fail "a user, though systemd makes one"
in_debian dpkg -r efa-agent
contains "calls" "$(calls)" '^(stop efa-agent.socket;)?stop efa-agent.service;(daemon-reload;?)+$'
in_debian dpkg -P efa-agent
fake_systemd 229
in_debian dpkg -i /old.deb
contains "user" "$(cat "$root/etc/passwd")" '^efa-agent:x:[0-9]+:[0-9]+::/:/usr/sbin/nologin$'
contains "drop-in" "$(cat "$root/etc/systemd/system/efa-agent.service.d/10-old-systemd.conf")" '^SystemCallFilter=$'
in_debian dpkg -P efa-agent
[ ! -e "$root/etc/systemd/system/efa-agent.service.d" ] || fail "the drop-in is left"

say "the RPM, in an empty root"
root=$dir/rpmroot
mkdir -p "$root"/{bin,dev,etc,tmp,var/lib/rpm,var/tmp}
mknod -m 666 "$root/dev/null" c 1 3
# Of the package filesystem, on real systems.
mkdir -p "$root"/usr/{bin,lib/systemd/system,lib/sysusers.d,share/{doc,licenses,man/man1,man/man5}} "$root"/etc/{default,systemd/system} \
  "$root"/usr/share/{bash-completion/completions,zsh/site-functions}
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in sh sed mkdir rm rmdir grep; do ln -s busybox "$root/bin/$applet"; done
: >"$root/calls"
printf '#!/bin/sh\nexit 2\n' >"$root/bin/getent"
printf '#!/bin/sh\necho "useradd $*" >>/calls\n' >"$root/bin/useradd"
chmod 755 "$root/bin/getent" "$root/bin/useradd"
own_rpm() { rpm --force-debian --root "$root" "$@" >"$dir/out" 2>&1 || { cat "$dir/out" && fail "rpm $*"; }; }
rpmdb --root "$root" --initdb
fake_systemd "219"
before=$(contents)
config=$root/etc/efa-agent/efa-agent.yaml
own_rpm -i --nodeps "$rpm"
equal "rpm said" "$(cat "$dir/out")" ""
own_rpm -V --nodeps efa-agent
chroot "$root" /usr/bin/efa-agent config check /etc/efa-agent/efa-agent.yaml
contains "doctor, without a C library" "$(probed)" "glibc that is not here: /usr/bin/efa-probe: its loader is not there; build it"
contains "user" "$(cat "$root/calls")" '^useradd --system .* efa-agent$'
equal "calls" "$(calls)" "preset efa-agent.service;daemon-reload"
contains "drop-in" "$(cat "$root/etc/systemd/system/efa-agent.service.d/10-old-systemd.conf")" '^SystemCallFilter=$'
fake_systemd "252 (252-16.amzn2023)"
sed -i 's/level: info/level: debug/' "$config"
own_rpm -U --nodeps "$newer_rpm"
equal "calls" "$(calls)" "daemon-reload;daemon-reload;try-restart efa-agent.service"
contains "configuration" "$(cat "$config")" 'level: debug'
equal "the new one" "$(tail -n 1 "$config.rpmnew")" "# newer"
[ ! -e "$root/etc/systemd/system/efa-agent.service.d/10-old-systemd.conf" ] || fail "the drop-in is left"
rm "$config.rpmnew"
own_rpm -e --nodeps efa-agent
contains "calls" "$(calls)" '^disable efa-agent.socket efa-agent.service;stop efa-agent.socket efa-agent.service;daemon-reload$'
contains "kept" "$(cat "$config.rpmsave")" 'level: debug'
rm "$config.rpmsave"
rmdir "$root/etc/efa-agent"
equal "left behind" "$(diff <(echo "$before") <(contents))" ""
