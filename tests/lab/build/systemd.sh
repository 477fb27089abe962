# shellcheck shell=bash disable=SC2154
# The disk of guests that boot with systemd: a smaller Debian than guest.sh's, without MPI and libfabric.

systemd_packages="bash coreutils curl dash dropbear-bin findutils grep hostname ibverbs-providers iproute2 kmod
  libnss-systemd mawk mount procps sed systemd systemd-sysv tar util-linux"

# build_systemd FOLDER: disk, and the key to get in.
build_systemd() {
  local folder=$1 root=$1/root
  # shellcheck disable=SC2086
  fetch guest "$folder/archives" $systemd_packages
  unpack "$folder/archives" "$root"
  compile_programs "$root/usr/bin"
  rm -f "$root"/usr/bin/mpi_*
  write_accounts "$root"
  mkdir -p "$root"/{dev,proc,sys,run,root,lab,var/log/journal,etc/dropbear}
  configure_systemd "$root"
  in_root "$root" dropbearkey -t ed25519 -f /etc/dropbear/host_key
  ssh-keygen -q -t ed25519 -N '' -C lab -f "$folder/key"
  install -D -m 600 "$folder/key.pub" "$root/root/.ssh/authorized_keys"
  chmod 700 "$root/root" "$root/root/.ssh"
  local megabytes=$(($(du -sm "$root" | cut -f 1) * 12 / 10 + 150))
  mke2fs -q -t ext4 -O ^has_journal -m 0 -E root_owner=0:0 -d "$root" "$folder/disk" "${megabytes}M"
  rm -rf "$root" "$folder/archives"
}

# What the packages' scripts would have done, and nothing that a guest can do without: its processor is emulated.
configure_systemd() {
  local units=$1/etc/systemd/system unit
  in_root "$1" systemd-sysusers
  echo 0123456789abcdef0123456789abcdef >"$1/etc/machine-id"  # none: a first boot, which asks questions
  sed 's/^passwd:.*/& systemd/; s/^group:.*/& systemd/' >"$1/etc/nsswitch.conf" \
    <<<$'passwd: files\ngroup: files\nhosts: files dns'
  mkdir -p "$units/multi-user.target.wants"
  ln -s /usr/lib/systemd/system/multi-user.target "$units/default.target"
  for unit in getty.target systemd-logind.service systemd-update-utmp.service systemd-random-seed.service \
    systemd-journal-catalog-update.service systemd-update-done.service ldconfig.service systemd-binfmt.service; do
    ln -s /dev/null "$units/$unit"
  done
  rm -f "$1"/usr/lib/systemd/system-generators/systemd-{getty,gpt-auto,fstab,hibernate-resume,cryptsetup}-generator
  rm -rf "$1/usr/lib/udev/hwdb.d"
  install -m 755 "$here/guest/systemd/init" "$here/guest/systemd/way-in" "$1/lab/"
  install -m 644 "$here/guest/systemd/lab.service" "$units/"
  ln -s ../lab.service "$units/multi-user.target.wants/"
  mkdir -p "$1/etc/systemd/journald.conf.d"
  printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n' >"$1/etc/systemd/journald.conf.d/lab.conf"
}
