#!/usr/bin/env bash
# What a person, a program and a node's health check see of doctor: text, JSON, exit codes; with and without a metadata
# service; and that it starts nothing and writes nothing.
#
#   doctor_test.sh FAKE_IMDS
. "$(dirname "$0")/lib.sh"
fake_imds=$1
# What the caller has set is judged, too.
unset FI_PROVIDER FI_EFA_USE_DEVICE_RDMA

make_device efa_0 0000:00:1d.0
make_device efa_1 0000:00:1e.0
mkdir -p "$dir/sys/class/infiniband/efa_0/ports/1/gids" "$dir/sys/class/infiniband/efa_1/ports/1/gids" "$dir/root"
echo fe80:0000:0000:0000:0000:00ff:fe00:0001 >"$dir/sys/class/infiniband/efa_0/ports/1/gids/0"
echo fe80:0000:0000:0000:0000:00ff:fe00:0002 >"$dir/sys/class/infiniband/efa_1/ports/1/gids/0"
cat >"$dir/config.yaml" <<END
path: {sysfs: $dir/sys, root: $dir/root}
web: {listen_addresses: ["127.0.0.1:1"]}
instance: {instance_type: p4d.24xlarge}
END

# doctor ARGUMENT...: its output in $dir/out, complaints in $dir/err, exit code in `code`.
doctor() {
  code=0
  timeout 60 "$agent" doctor --config.file="$dir/config.yaml" "$@" >"$dir/out" 2>"$dir/err" || code=$?
}
# of CODE MEMBER
of() { jq -r --arg code "$1" --arg member "$2" '.checks[] | select(.code == $code)[$member]' "$dir/out"; }

say "exit codes"
doctor --only=EFA-705
equal "exit code of what passes" "$code" 0
doctor --only=EFA-902
equal "exit code of a type that has EFA" "$code" 0
sed -i 's/p4d.24xlarge/x9.unheard/' "$dir/config.yaml"
doctor --only=EFA-902
equal "exit code of a warning" "$code" 1
sed -i 's/x9.unheard/p4d.24xlarge/' "$dir/config.yaml"
doctor --only=EFA-001
equal "exit code of a failure: no agent answers" "$code" 2
doctor --only=EFA-001 --skip=EFA-001
equal "exit code of nothing" "$code" 0
doctor --only=EFA-999
equal "exit code of a wrong call" "$code" 2
contains "what was wrong" "$(<"$dir/err")" "unknown check EFA-999"
equal "output of a wrong call" "$(<"$dir/out")" ""
doctor --only=EFA-70l
contains "what was meant" "$(<"$dir/err")" "did you mean EFA-70"
doctor --watch=0
equal "exit code of a wrong number" "$code" 2

doctor --only=EFA-402
equal "exit code of what cannot be looked at" "$code" 0
doctor --strict --only=EFA-402
equal "exit code of that for a gate" "$code" 2
doctor --strict --only=EFA-705
equal "exit code of what passes, for a gate" "$code" 0
doctor --strict
equal "exit code of a gate without a check" "$code" 2
contains "what it wants" "$(<"$dir/err")" "allowed is it with --only"

say "the README's gate: a device that does not answer closes it"
gate=$(grep -oE '^efa-agent doctor --strict( --only=EFA-[0-9]+)+ >' deploy/doctor/README.md | grep -oE -- '--(strict|only=[^ ]+)')
mapfile -t gate <<<"$gate"
echo 'devices: {expected: 2}' >>"$dir/config.yaml"
doctor "${gate[@]}" --all
equal "exit code of a node that is well" "$code" 0
# Whoever opens a pipe that nobody writes waits, as for a stuck device, and here the list of devices with it.
mv "$(port_counter efa_1 tx_bytes)" "$dir/tx_bytes"
mkfifo "$(port_counter efa_1 tx_bytes)"
doctor "${gate[@]}" --json
equal "exit code of one with a stuck device" "$code" 2
equal "what cannot be told of it" "$(of EFA-301 result)$(of EFA-701 result)" UNKNOWNUNKNOWN
rm "$(port_counter efa_1 tx_bytes)"
mv "$dir/tx_bytes" "$(port_counter efa_1 tx_bytes)"
sed -i 's/expected: 2/expected: 3/' "$dir/config.yaml"
doctor "${gate[@]}"
# Of a machine that was booted just now it is a warning.
[ "$code" = 2 ] || [ "$(cut -d. -f1 /proc/uptime)" -lt 300 ] || fail "a node without a device passes: exit code $code"
sed -i '/^devices:/d' "$dir/config.yaml"

say "for people"
doctor
contains "what fails stands first" "$(sed -n 3p "$dir/out")" "FAIL  EFA-"
contains "the last line counts" "$(tail -n 1 "$dir/out")" " UNKNOWN, "
equal "colours where there is no terminal" "$(grep -c $'\033' "$dir/out" || true)" 0
equal "complaints" "$(<"$dir/err")" ""
equal "what passes is not shown" "$(grep -c '^PASS' "$dir/out" || true)" 0
doctor --all
contains "what passes is shown" "$(<"$dir/out")" "PASS  EFA-705"
# A terminal of its own, by script(1).
script -qec "$agent doctor --config.file=$dir/config.yaml --only=EFA-001" /dev/null >"$dir/terminal" || true
contains "colours on a terminal" "$(<"$dir/terminal")" $'\033\\[31mFAIL'

say "for programs"
doctor --json --watch=1
equal "schema" "$(jq -c '[.schema_version, .watched_seconds, (.checks | length), ([.summary[]] | add)]' "$dir/out")" \
  "[1,1,$(grep -c '^| EFA-' deploy/doctor/README.md),$(grep -c '^| EFA-' deploy/doctor/README.md)]"
equal "exit code in both" "$(jq .exit_code "$dir/out")" "$code"
equal "members of a check" "$(jq -c '.checks[0] | keys_unsorted' "$dir/out")" '["code","title","result","found","why","fix"]'
equal "results" "$(jq -r '.checks[].result' "$dir/out" | sort -u | grep -cvE '^(PASS|WARN|FAIL|UNKNOWN)$' || true)" 0
equal "what is not there is not passed" "$(of EFA-801 result)" UNKNOWN

say "with a metadata service"
mkdir "$dir/imds"
: >"$dir/imds_port"
"$fake_imds" "$dir/imds" p5.48xlarge 02:00:00:00:00:01 02:00:00:00:00:02 >"$dir/imds_port" &
started+=("$!")
eventually "the metadata service has a port" test -s "$dir/imds_port"
sed -i '/^instance:/d' "$dir/config.yaml"
AWS_EC2_METADATA_DISABLED='' AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:$(<"$dir/imds_port") doctor --json
equal "whether IMDS answers" "$(of EFA-008 result)" PASS
equal "whether the interfaces are known" "$(of EFA-801 result)" PASS
equal "one VPC" "$(of EFA-802 result)" PASS
contains "the type's number of devices" "$(of EFA-301 found)" "2 of 32"
contains "how to look at the security group" "$(of EFA-101 fix)" "aws ec2 describe-security-group-rules .*sg-0"
equal "what cannot be seen from the host" "$(of EFA-101 result)" UNKNOWN
contains "the instance" "$(jq -r .instance_id "$dir/out")" "i-"

say "with the agent"
start_agent --path.sysfs="$dir/sys" --path.root="$dir/root"
sed -i "s/127.0.0.1:1\"/$address\"/" "$dir/config.yaml"
doctor --only=EFA-001 --only=EFA-002
equal "exit code" "$code" 0
stop_agent

say "a configuration that is wrong is a finding, not an end"
echo 'reading: {timeout: 3 parsecs}' >>"$dir/config.yaml"
doctor --json
equal "whether it is valid" "$(of EFA-002 result)" FAIL
contains "what is wrong with it" "$(of EFA-002 found)" "timeout"
