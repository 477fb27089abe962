#!/usr/bin/env bash
# What the instance is comes from its metadata service, over HTTP, in the background: no scrape and no start waits for it,
# and it stands on every series from the first scrape at which it is known.
#
#   instance_test.sh FAKE_IMDS
. "$(dirname "$0")/lib.sh"
fake_imds=$1
unset AWS_EC2_METADATA_DISABLED

make_device efa_0 0000:00:1d.0
make_device efa_1 0000:00:1e.0
mkdir -p "$dir/sys/class/infiniband/efa_0/ports/1/gids" "$dir/sys/class/infiniband/efa_1/ports/1/gids"
echo fe80:0000:0000:0000:0000:00ff:fe00:0001 >"$dir/sys/class/infiniband/efa_0/ports/1/gids/0"
echo fe80:0000:0000:0000:0000:00ff:fe00:0002 >"$dir/sys/class/infiniband/efa_1/ports/1/gids/0"

# start_imds: serves $dir/imds; sets imds_pid and the endpoint for agents.
start_imds() {
  : >"$dir/imds_port"
  "$fake_imds" "$dir/imds" "$@" >"$dir/imds_port" &
  imds_pid=$!
  started+=("$imds_pid")
  eventually "the metadata service has a port" test -s "$dir/imds_port"
  AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:$(<"$dir/imds_port")
  export AWS_EC2_METADATA_SERVICE_ENDPOINT
}
scrape() { get /metrics >"$dir/scrape"; }
scrape_has() {
  scrape
  grep -qE -- "$1" "$dir/scrape"
}

say "known"
mkdir "$dir/imds"
start_imds p5.48xlarge 02:00:00:00:00:01 02:00:00:00:00:02
mkdir -p "$dir/imds/tags/instance"
echo trainer >"$dir/imds/tags/instance/Name"
printf 'instance: {tags: [Name]}\n' >"$dir/config.yaml"
start_agent --path.sysfs="$dir/sys" --config.file="$dir/config.yaml"
eventually "the instance is known" scrape_has '^efa_instance_info\{instance_id="i-[0-9a-f]+",instance_type="p5.48xlarge",.*tag_Name="trainer"'
id=$(grep -oE '^efa_instance_info\{instance_id="[^"]*"' "$dir/scrape" | cut -d'"' -f2)
eventually "the interfaces are known" scrape_has "^efa_device_info\{device=\"efa_0\".*eni_id=\"eni-.*interface_type=\"efa-only\".*subnet_id=\"subnet-"
equal "series without the identity" "$(grep -v '^#' "$dir/scrape" | grep -vc "instance_id=\"$id\"" || true)" 0
contains "devices expected" "$(grep ^efa_devices_expected "$dir/scrape")" 'source="instance_type"'
equal "complaints" "$(grep -c metadata "$agent_log" || true)" 0

say "kept over a reload and while the service is gone"
kill "$imds_pid"
kill -HUP "$agent_pid"
eventually "the configuration is read anew" log_has 'reload|configuration'
scrape
contains "the instance" "$(grep ^efa_instance_info "$dir/scrape")" "$id"
stop_agent

say "a service that answers nothing: nobody waits"
echo silent >"$dir/imds/.status"
start_imds
start_agent --path.sysfs="$dir/sys"
for _ in 1 2 3; do
  scrape
  equal "devices" "$(grep -E '^efa_devices ' "$dir/scrape")" "efa_devices 2"
done
equal "the instance" "$(grep -c ^efa_instance_info "$dir/scrape" || true)" 0
eventually "the log says so" log_has 'instance metadata cannot be read.*timeout'
stop_agent
kill "$imds_pid"

say "turned off on EC2, without the service: the firmware tells"
echo 403 >"$dir/imds/.status"
start_imds
mkdir -p "$dir/sys/class/dmi/id"
echo "Amazon EC2" >"$dir/sys/class/dmi/id/sys_vendor"
echo p4d.24xlarge >"$dir/sys/class/dmi/id/product_name"
echo i-00000000000000001 >"$dir/sys/class/dmi/id/board_asset_tag"
NODE_NAME=node-7 start_agent --path.sysfs="$dir/sys"
eventually "the firmware's word" scrape_has '^efa_instance_info\{instance_id="i-00000000000000001",instance_type="p4d.24xlarge",node_name="node-7"'
stop_agent

say "once waits a moment for it"
rm "$dir/imds/.status"
kill "$imds_pid"
start_imds
"$agent" once --path.sysfs="$dir/sys" >"$dir/scrape" 2>"$agent_log"
contains "the instance" "$(grep ^efa_instance_info "$dir/scrape")" "$id"

say "a wrong endpoint is told"
AWS_EC2_METADATA_SERVICE_ENDPOINT=ftp://nowhere start_agent --path.sysfs="$dir/sys"
eventually "the log says so" log_has 'AWS_EC2_METADATA_SERVICE_ENDPOINT'
stop_agent
