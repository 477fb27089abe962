# shellcheck shell=bash disable=SC2154
# The guests' disk: a small Debian with RDMA core, libfabric and Open MPI, and the lab's own programs.

guest_packages="bash coreutils curl dash dropbear-bin findutils grep gzip hostname ibverbs-providers ibverbs-utils iproute2
  iputils-ping kmod libfabric-bin mawk mount openmpi-bin perftest procps sed strace tar util-linux"

# build_guest FOLDER: disk, and the key to get in.
build_guest() {
  local folder=$1 root=$1/root
  # shellcheck disable=SC2086
  fetch guest "$folder/archives" $guest_packages
  unpack "$folder/archives" "$root"
  compile_programs "$root/usr/bin"
  write_accounts "$root"
  rm -rf "$root/usr/share/"{icons,bash-completion,perl5,X11} "$root/usr/lib/"{systemd,udev}
  mkdir -p "$root"/{dev,proc,sys,run,root,lab,etc/dropbear}
  cp "$here/guest/init" "$root/lab/init"
  in_root "$root" dropbearkey -t ed25519 -f /etc/dropbear/host_key
  ssh-keygen -q -t ed25519 -N '' -C lab -f "$folder/key"
  # The host may come in, and guests may go to each other, as mpirun does.
  install -D -m 600 "$folder/key.pub" "$root/root/.ssh/authorized_keys"
  install -m 600 "$folder/key" "$root/root/.ssh/id_ed25519"
  printf 'StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\n' >"$root/root/.ssh/config"
  chmod 700 "$root/root" "$root/root/.ssh"
  local megabytes=$(($(du -sm "$root" | cut -f 1) * 12 / 10 + 300))
  mke2fs -q -t ext4 -O ^has_journal -m 0 -E root_owner=0:0 -d "$root" "$folder/disk" "${megabytes}M"
  rm -rf "$root" "$folder/archives"
}

compile_programs() {
  local tools=$cache/current/tools/root program
  rm -rf "$tools/lab" && mkdir -p "$tools/lab"
  cp "$here"/programs/*.c "$tools/lab/"
  for program in "$tools"/lab/*.c; do
    program=$(basename "$program" .c)
    local compiler=gcc libraries="-lefa -libverbs"
    [[ $program != mpi_* ]] || compiler=mpicc.openmpi libraries=
    # shellcheck disable=SC2086
    in_root "$tools" $compiler -O2 -Wall -Wextra -Werror -o "/lab/$program" "/lab/$program.c" $libraries
    cp "$tools/lab/$program" "$1/"
  done
}

write_accounts() {
  cat >"$1/etc/passwd" <<END
root:x:0:0:root:/root:/bin/bash
user:x:1000:1000::/tmp:/bin/sh
nobody:x:65534:65534::/nonexistent:/bin/sh
END
  printf 'root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n' >"$1/etc/group"
  printf '/bin/sh\n/bin/bash\n' >"$1/etc/shells"
  printf '127.0.0.1 localhost\n10.9.0.1 guest-a\n10.9.0.2 guest-b\n' >"$1/etc/hosts"
  echo guest-a >"$1/etc/hostname"
}
