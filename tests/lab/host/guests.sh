# shellcheck shell=bash disable=SC2154
# The guests: their start, and commands in them.

boot_guests() {
  local guest
  pack_agent
  for guest in "${guest_names[@]}"; do boot "$guest"; done
  for guest in "${guest_names[@]}"; do
    eventually "guest $guest is up" grep -q "guest is up" "$dir/$guest.console"
    eventually "guest $guest answers" on "$guest" true
    [ "$driver" = absent ] || load_driver "$guest"
  done
  say "${#guest_names[@]} guests with $devices devices each, Linux $(on a uname -r): $SECONDS s"
}

# The second disk of a guest: the agent with the libraries it was built with, whatever Debian this is.
pack_agent() {
  local root=$dir/payload libraries loader=
  mkdir -p "$root"/opt/efa-agent/lib "$root"/usr/bin
  cp "$EFA_AGENT" "$root/opt/efa-agent/efa-agent"
  libraries=$(ldd "$EFA_AGENT" 2>/dev/null | grep -o '/[^ ]*') || true  # a static one has none
  if [ -n "$libraries" ]; then
    xargs cp -L -t "$root/opt/efa-agent/lib" <<<"$libraries"
    loader='$lib/ld-linux-x86-64.so.2 --library-path $lib --argv0 efa-agent'
  fi
  cat >"$root/usr/bin/efa-agent" <<END
#!/bin/sh
lib=/opt/efa-agent/lib
export AWS_EC2_METADATA_DISABLED=\${AWS_EC2_METADATA_DISABLED-true}  # no EC2 here
exec $loader /opt/efa-agent/efa-agent "\$@"
END
  chmod 755 "$root/usr/bin/efa-agent"
  # With the guest's libibverbs and libefa, which jobs have, too. Not there: it was not built.
  cp "${EFA_PROBE:-$(dirname "$EFA_AGENT")/efa-probe}" "$root/usr/bin/efa-probe" 2>/dev/null || true
  [ "$init" = lab ] || pack_units "$root"
  (cd "$root" && tar --owner=0 --group=0 -cf ../payload.tar -- *)
}

# pack_units ROOT: what a package would install beside the program.
pack_units() {
  install -D -m 644 -t "$1/usr/lib/systemd/system" deploy/systemd/efa-agent.{service,socket}
  install -D -m 644 config/efa-agent.yaml "$1/etc/efa-agent/efa-agent.yaml"
  install -D -m 644 deploy/systemd/efa-agent.env "$1/etc/default/efa-agent"
  install -D -m 644 -t "$1/usr/share/efa-agent" deploy/systemd/efa-agent.service.d/ranks.conf.example
}

boot() {
  local guest=$1 number=0 i bus image=guest
  [ "$init" = lab ] || image=$init
  [ "$guest" = a ] || number=1
  local tools=$lab/tools/root bios=$lab/tools/root/usr/share
  local arguments=(-accel tcg,thread=multi -machine pc,memory-backend=memory -cpu max -smp "$cpus" -m "$memory"
    -object "memory-backend-memfd,id=memory,size=${memory}M,share=on"
    -nodefaults -no-user-config -display none -no-reboot -L "$bios/qemu" -L "$bios/seabios"
    -kernel "$lab/kernel-$kernel/vmlinuz" -initrd "$lab/kernel-$kernel/initrd"
    -append "console=ttyS0 quiet panic=-1" -serial "file:$dir/$guest.console"
    -monitor "unix:$dir/$guest.monitor,server=on,wait=off"
    -drive "file=$lab/$image/disk,format=raw,if=virtio,snapshot=on"
    -drive "file=$dir/payload.tar,format=raw,if=virtio,readonly=on"
    -netdev "user,id=outside,restrict=on,hostfwd=tcp:127.0.0.1:0-:22,hostfwd=tcp:127.0.0.1:0-:10045"
    -device "virtio-net-pci,netdev=outside,romfile=,mac=52:54:00:00:00:0$number")
  if [ "$guests" = 2 ]; then
    local end=(server=on) && [ "$guest" = a ] || end=(server=off,reconnect-ms=100)
    arguments+=(-netdev "stream,id=between,${end[0]},addr.type=unix,addr.path=$dir/between.sock"
      -device "virtio-net-pci,netdev=between,romfile=,mac=52:54:00:00:01:0$number")
  fi
  for ((i = 0; i < devices; i++)); do
    bus=pci.0
    if [ "$devices" -gt 16 ]; then
      bus=bridge$((i / 16))
      [ $((i % 16)) != 0 ] || arguments+=(-device "pci-bridge,id=$bus,chassis_nr=$((i / 16 + 1))")
    fi
    arguments+=(-device "{\"driver\": \"vfio-user-pci\", \"bus\": \"$bus\", \"x-no-posted-writes\": true,
      \"socket\": {\"type\": \"unix\", \"path\": \"$dir/efa$((number * devices + i)).sock\"}}")
  done
  # The loader of the tools' tree runs its QEMU, with its libraries, outside of it.
  local libraries=$tools/usr/lib/x86_64-linux-gnu
  $with_us "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$tools/usr/bin/qemu-system-x86_64" \
    "${arguments[@]}" </dev/null >"$dir/$guest.qemu" 2>&1 &
  started+=($!)
  qemu=$!
  eventually "QEMU of guest $guest runs" forwarded "$guest" 22
  write_ssh_config "$guest" "$lab/$image/key"
}

# forwarded GUEST PORT: the port of this machine that leads there.
forwarded() {
  ! ended "$qemu" || fail "QEMU ended: $(cat "$dir/$1.qemu")"
  echo "info usernet" | socat - "UNIX-CONNECT:$dir/$1.monitor" |
    awk -v port="$2" '/HOST_FORWARD/ && $6 == port { print $4; found = 1 } END { exit !found }'
}

# write_ssh_config GUEST KEY
write_ssh_config() {
  install -m 600 "$2" "$dir/key"
  cat >>"$dir/ssh_config" <<END
Host $1
  HostName 127.0.0.1
  Port $(forwarded "$1" 22)
  User root
  IdentityFile $dir/key
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
  ConnectTimeout 5
  ControlMaster auto
  ControlPath $dir/ssh-%n
  ControlPersist yes
END
}

# on GUEST COMMAND...: as root there; without a command, what stdin says.
on() {
  local guest=$1
  shift
  if [ $# -gt 0 ]; then
    timeout 300 ssh -F "$dir/ssh_config" "$guest" "$*" </dev/null
  else
    timeout 300 ssh -F "$dir/ssh_config" "$guest" bash -eu
  fi
}

load_driver() {
  on "$1" insmod /lab/modules/efa.ko
  eventually "guest $1 has $devices devices" on "$1" "[ \$(ls /sys/class/infiniband | wc -l) = $devices ]"
}

stop_all() {
  local process
  for process in "${started[@]}"; do
    { kill -KILL "$process" && wait "$process"; } 2>/dev/null || true
  done
  pkill -f "ssh.*$dir/ssh_config" || true
}
