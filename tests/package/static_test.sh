#!/usr/bin/env bash
# The portable agent needs nothing but a kernel: no library, no file, and no system call that Linux 3.10 has not. Its efa-probe
# needs glibc 2.34, libgcc_s, libibverbs and libefa, and nothing else.
#
#   tests/package/static_test.sh [x86_64|aarch64]     what deploy/static/build.sh made, or EFA_AGENT
# shellcheck source=tests/e2e/lib.sh
EFA_AGENT=${EFA_AGENT:-/dev/null} . "$(dirname "$0")/../e2e/lib.sh"
architecture=${1:-x86_64}
build=build/static
[ "$architecture" = x86_64 ] || build+=-$architecture
[ "$agent" != /dev/null ] || agent=$PWD/$build/agent/efa-agent
[ -x "$agent" ] || skip "no $agent: deploy/static/build.sh $architecture builds it"

say "$agent: static, for Linux 3.10"
header=$(readelf -hW "$agent")
program=$(readelf -lW "$agent")
equal "type" "$(awk '$1 == "Type:" {print $2}' <<<"$header")" DYN
! grep -E 'INTERP' <<<"$program" || fail "it wants an interpreter"
! readelf -dW "$agent" | grep NEEDED || fail "it wants a library"
abi=$(readelf -nW "$agent" | sed -n 's/.*ABI: \([0-9.]*\).*/\1/p')
[ -n "$abi" ] || fail "no note of the oldest kernel"
equal "oldest kernel, of it and 3.10" "$(printf '%s\n' "$abi" 3.10.0 | sort -V | tail -n 1)" 3.10.0
contains "stack" "$program" 'GNU_STACK .* RW '
contains "relro" "$program" 'GNU_RELRO'
say "built for Linux $abi"

probe=$(dirname "$agent")/efa-probe
say "$probe: for glibc 2.34, libibverbs and libefa"
needed=$(readelf -dW "$probe" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^(ld-linux-|libm\.)' | sort | xargs)
equal "libraries" "$needed" "libc.so.6 libefa.so.1 libgcc_s.so.1 libibverbs.so.1"
! readelf -dW "$probe" | grep -E 'RPATH|RUNPATH' || fail "it looks for libraries where it was built"
equal "machine" "$(readelf -hW "$probe" | grep Machine)" "$(grep Machine <<<"$header")"
# at_most NAME VERSION: what it wants of the symbols of a library.
at_most() {
  local wanted
  wanted=$(readelf -VW "$probe" | grep -oE "Name: $1_[0-9.]+" | sed 's/.*_//' | sort -uV | tail -n 1)
  [ -n "$wanted" ] || fail "no symbol of $1"
  equal "$1, of $wanted and $2" "$(printf '%s\n' "$wanted" "$2" | sort -V | tail -n 1)" "$2"
}
at_most GLIBC 2.34
at_most IBVERBS 1.1
at_most EFA 1.1 # rdma-core 26

# What all of these do. The numbers come from a sysfs of two devices.
make_device efa_0 0000:00:06.0
make_device efa_1 0000:00:07.0
serves() {
  local text
  text=$(get /metrics)
  equal "devices" "$(grep -cE '^efa_device_up\{.* 1$' <<<"$text")" 2
  equal "tx_bytes" "$(grep -E '^efa_tx_bytes_total\{' <<<"$text" | awk '{print $2}' | xargs)" "1000 1000"
}
starts_serves_reloads_and_stops() {
  local text
  start_agent "$@"
  serves
  equal "gzip" "$(get /metrics -H 'Accept-Encoding: gzip' | gzip -dc | grep -c '^efa_tx_bytes_total{')" 2
  kill -HUP "$agent_pid"
  eventually "it reloads" log_has 'configuration.*(reloaded|unchanged|read)'
  serves
  stop_agent
}

if [ "$architecture" != "$(uname -m)" ]; then
  emulator=$(command -v "qemu-$architecture-static" || command -v "qemu-$architecture") || skip "no qemu-$architecture-static"
  contains "machine" "$header" "Machine: +AArch64"
  say "under $emulator"
  runner=("$emulator")
  contains "version" "$("${runner[@]}" "$agent" --version)" '^efa-agent [0-9]+\.'
  equal "devices, simulated" "$("${runner[@]}" "$agent" once --simulate=p5.48xlarge 2>/dev/null | grep -cE '^efa_tx_bytes_total\{')" 32
  start_agent --path.sysfs="$dir/sys"
  serves
  stop_agent
  exit 0
fi

say "with no system call that Linux 3.10 has not"
cc -O -Wall -Wextra -Werror -o "$dir/old_kernel" tests/package/old_kernel.c
equal "the filter" "$("$dir/old_kernel" "$dir/old_kernel" --probe | xargs)" "getrandom: ENOSYS clone3: ENOSYS"
runner=("$dir/old_kernel")
starts_serves_reloads_and_stops --path.sysfs="$dir/sys"
start_agent --simulate=p5.48xlarge
eventually "simulated devices" test "$(get /metrics | grep -cE '^efa_tx_bytes_total\{')" = 32
stop_agent
contains "once" "$("$dir/old_kernel" "$agent" once --path.sysfs="$dir/sys" 2>/dev/null)" '^efa_devices\{?.* 2$|^efa_devices 2$'
code=0
"$dir/old_kernel" "$agent" doctor >"$dir/doctor" 2>&1 || code=$?
if [ $code -gt 2 ] || [ ! -s "$dir/doctor" ]; then fail "doctor ended with $code: $(tail -n 5 "$dir/doctor")"; fi

refused=$(sed -n 's/^SystemCallErrorNumber=//p' deploy/systemd/efa-agent.service)
say "with no system call that the unit's group has not in systemd 239 (RHEL 8): $refused"
runner=("$dir/old_kernel" --sandbox "$refused")
equal "the filter" "$("${runner[@]}" "$dir/old_kernel" --probe | xargs)" "getrandom: works clone3: $refused"
starts_serves_reloads_and_stops --path.sysfs="$dir/sys"

say "in an empty root"
mkdir -p "$dir/root/proc" "$dir/root/sys"
cp "$agent" "$dir/root/efa-agent"
# In a mount namespace of its own, which takes the mounts along. Linux gives chroot to root only, or in a user namespace.
namespace=(unshare --mount)
[ "$(id -u)" = 0 ] || namespace=(unshare --mount --map-root-user)
if ! "${namespace[@]}" mount -t proc proc "$dir/root/proc" 2>/dev/null &&
  ! "${namespace[@]}" mount --rbind /proc "$dir/root/proc" 2>/dev/null; then
  skip "mounting is not allowed here"
fi
# shellcheck disable=SC2016 # for the inner shell
runner=("${namespace[@]}" bash -euc 'mount --rbind /proc "$0/proc"; mount --bind "$1" "$0/sys"; shift 2; exec chroot "$0" /efa-agent "$@"' "$dir/root" "$dir/sys")
starts_serves_reloads_and_stops
equal "files in the root" "$(find "$dir/root" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | xargs)" "efa-agent proc sys"

say "efa-probe with a C library that is too old"
printf 'GLIBC_2.2.5 { *; };\n' >"$dir/versions"
mkdir "$dir/old"
cc -shared -nostdlib -x c /dev/null -o "$dir/old/libc.so.6" -Wl,-soname,libc.so.6 -Wl,--version-script="$dir/versions"
contains "doctor" "$(LD_LIBRARY_PATH=$dir/old "$agent" doctor --probe --only=EFA-203 --path.sysfs="$dir/sys" --json | jq -r '.checks[0].found')" \
  "glibc that is not here: .*/old/libc.so.6: version .GLIBC_[0-9.]+' not found"

for test in http once probe; do
  say "tests/e2e/${test}_test.sh"
  EFA_AGENT=$agent "tests/e2e/${test}_test.sh" >"$dir/$test.out" 2>&1 || { cat "$dir/$test.out" && fail "${test}_test.sh"; }
done
