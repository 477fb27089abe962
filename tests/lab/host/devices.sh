# shellcheck shell=bash disable=SC2154
# The emulated devices, and a line to them.

started=()
# What we start does not outlive us, however we end.
with_us="setpriv --pdeathsig KILL"

start_devices() {
  # shellcheck disable=SC2086
  $with_us "$EFA_DEVICE" --directory "$dir" --devices $((guests * devices)) --generation "$generation" --gbps "$gbps" \
    --interface "$interface" $device_options >"$dir/devices.log" 2>&1 &
  devices_pid=$!
  started+=("$devices_pid")
  eventually "the devices are there" devices_are_there_or_ended
  ! ended "$devices_pid" || fail "the devices ended: $(tail -n 1 "$dir/devices.log")"
  mkfifo "$dir/control.in" "$dir/control.out"
  $with_us socat UNIX-CONNECT:"$dir/ctl.sock" STDIO <"$dir/control.in" >"$dir/control.out" &
  started+=($!)
  exec {control_in}>"$dir/control.in" {control_out}<"$dir/control.out"
}

devices_are_there_or_ended() { [ -S "$dir/ctl.sock" ] || ended "$devices_pid"; }
ended() { ! kill -0 "$1" 2>/dev/null; }

# device efaN|all COMMAND ARGUMENT...: what it answers. The devices of guest b follow those of guest a.
device() {
  local line
  echo "$*" >&"$control_in"
  while read -r -t 20 line <&"$control_out"; do
    case $line in
      ok) return ;;
      error*) fail "device $*: $line" ;;
      *) echo "$line" ;;
    esac
  done
  fail "device $*: no answer"
}

# counted DEVICE COUNTER: by the device itself.
counted() { device "$1" get | awk -v counter="$2" '$1 == counter { print $2 }'; }

# Another value for each counter of each device, the largest among them, and one that no double holds.
give_distinct_values() {
  local i counter value=0
  local counters
  counters=$(device efa0 get | cut -d' ' -f1)
  for ((i = 0; i < devices; i++)); do
    for counter in $counters; do
      value=$((value + 1000003))
      device "efa$i" set "$counter" $value
    done
  done
  device efa0 set tx_bytes 18446744073709551615
  device efa0 set rx_bytes 9007199254740993  # no double holds it
}
