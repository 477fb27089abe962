# shellcheck shell=bash disable=SC2034,SC2154
# Jobs in guests, and a Prometheus on this machine that watches them.

# Without shared memory, since the ranks of a guest would use it in place of the device.
mpi_environment="export HOME=/root TMPDIR=/tmp OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
  PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
  FI_PROVIDER=efa FI_EFA_ENABLE_SHM_TRANSFER=0 OMPI_MCA_mpi_yield_when_idle=1"
mpi_over_efa="--mca pml cm --mca mtl ofi --mca mtl_ofi_provider_include efa --mca btl self
  -x FI_PROVIDER -x FI_EFA_ENABLE_SHM_TRANSFER -x OMPI_MCA_mpi_yield_when_idle"
mpi_over_efa=$(tr '\n' ' ' <<<"$mpi_over_efa")

# scrape_by_prometheus TARGET...: every second.
scrape_by_prometheus() {
  {
    printf 'global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: efa\n  static_configs:\n'
    printf -- '  - targets: [%s]\n' "$@"
  } >"$dir/prometheus.yml"
  start_prometheus "$dir/prometheus.yml"
}

# The second network device of both guests, and a way from a to b for mpirun.
connect_guests() {
  local guest
  for guest in a b; do
    on "$guest" "hostname guest-$guest && ip addr add 10.9.0.$([ $guest = a ] && echo 1 || echo 2)/24 dev eth1 &&
      ip link set eth1 up"
  done
  eventually "a can log in to b" on a ssh guest-b true
}
mpi_between_guests="--prtemca plm_rsh_no_tree_spawn 1"

# arrived WHAT SENT RECEIVED: bytes. All of it, but for the last messages to an endpoint that has closed meanwhile: these
# were sent, and counted, and nobody took them.
arrived() {
  local lost=$(($2 - $3))
  [ $lost -ge 0 ] && [ $lost -le $((4 * 8928)) ] || fail "$1: $2 bytes were sent, $3 received"
}
