#!/usr/bin/env bash
# Installs the packages of the sections named (build, static, package, test); quick and without network if they are there.
#
#   deploy/install-build-deps.sh build test
set -euo pipefail

# Name, and what for.
build_packages() {
  sed 's/#.*//' <<'END'
  g++                 # compiler
  cmake               # build
  ninja-build         # build
  libboost-dev        # HTTP parser, for instance metadata; server of TLS
  libcivetweb-dev     # HTTP server
  libcli11-dev        # command line
  libcrypt-dev        # bcrypt
  libdeflate-dev      # gzip
  libfmt-dev          # of spdlog
  libibverbs-dev      # efa-probe, which doctor --probe starts
  libspdlog-dev       # log
  libssl-dev          # TLS
  libyaml-cpp-dev     # configuration
  nlohmann-json3-dev  # what doctor tells programs
  prometheus-cpp-dev  # data model and text format
END
}
static_packages() {
  sed 's/#.*//' <<'END'
  dpkg-dev                # unpacks Debian's sources
  g++-aarch64-linux-gnu   # for Graviton
END
}
package_packages() {
  sed 's/#.*//' <<'END'
  rpm                     # for rpmbuild
END
}
test_packages() {
  sed 's/#.*//' <<'END'
  binutils            # packages: what the portable agent is linked with
  bubblewrap          # runs the container's root
  buildah             # builds the container
  busybox-static      # packages: the shell of old systems, and of an empty root
  catch2              # unit tests
  clang               # compile database for clang-tidy
  clang-format        # check of the format
  clang-tidy          # check of the code
  cpio                # lab: packs a guest's initramfs
  curl                # end-to-end tests: asks the agent
  e2fsprogs           # lab: makes a guest's disk
  golang-github-masterminds-sprig-dev      # Kubernetes: renders the Helm chart
  golang-github-xeipuuv-gojsonschema-dev   # Kubernetes: checks the chart's values
  golang-go           # Kubernetes: builds the tool of its tests
  golang-k8s-sigs-yaml-dev                 # Kubernetes: reads YAML
  jq                  # end-to-end tests: reads what Prometheus answers; reads the compile database
  libbenchmark-dev    # benchmarks: measured by hand, checked by clang-tidy
  libclang-rt-dev     # fuzzers
  libgrpc++-dev       # the kubelet's pods; not in what is installed
  libprotobuf-dev     # gRPC
  lintian             # packages: Debian's checks
  man-db              # checks the manual
  mandoc              # checks the manual
  mmdebstrap          # packages: a clean Debian to install in
  nodejs              # dashboards: generator and tests
  npm                 # dashboards: fetches their schema
  openssh-client      # lab: commands in guests
  openssl             # end-to-end tests: makes certificates
  perl                # end-to-end tests: relay, hashes of passwords
  prometheus          # end-to-end tests: scrapes the agent; brings promtool
  protobuf-compiler-grpc  # the kubelet's pods; not in what is installed
  qemu-user-static    # packages: runs the agent for arm64
  rpm                 # packages: installs them in a clean root
  rpmlint             # packages: checks
  shellcheck          # checks deploy/install.sh
  socat               # lab: speaks to the emulated devices and to QEMU; end-to-end tests: systemd's socket
  systemd             # systemd-analyze: checks of the units
  xz-utils            # lab: unpacks the kernel's source
  zsh                 # completes
END
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

wanted=()
for section in "$@"; do
  case $section in
    build | static | package | test) mapfile -t -O ${#wanted[@]} wanted < <("${section}_packages" | tr -d ' ') ;;
    *) echo "unknown section $section: build, static, package or test" >&2 && exit 2 ;;
  esac
done

if ! command -v apt-get >/dev/null; then
  echo "Not a Debian system; what these packages hold must be there: ${wanted[*]}" >&2
  exit 0
fi

# Node.js is often there from elsewhere, with a npm of its own, which Debian's package would be in conflict with.
has() {
  case $1 in
    nodejs) command -v node >/dev/null && return ;;
    npm) command -v npm >/dev/null && return ;;
  esac
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}
missing=()
for package in "${wanted[@]}"; do
  has "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "installing: ${missing[*]}"

# Packages that bring a service (prometheus) must not start it.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
  as_root chmod 755 $policy
  trap 'as_root rm -f $policy' EXIT
fi

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q \
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}
apt update
apt install -y --no-install-recommends "${missing[@]}"

# Nor at the next boot, where it was not wanted before.
if [[ " ${missing[*]} " == *" prometheus "* ]] && [ -d /run/systemd/system ]; then
  as_root systemctl disable prometheus.service
fi
