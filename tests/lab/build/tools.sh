# shellcheck shell=bash
# What works for the guests without being in them: QEMU (vfio-user needs 10.1), and a compiler for their programs.

tools_packages="qemu-system-x86 seabios gcc libc6-dev libibverbs-dev libfabric-dev libopenmpi-dev"

# build_tools FOLDER
build_tools() {
  # shellcheck disable=SC2086
  fetch newest "$1/archives" $tools_packages
  unpack "$1/archives" "$1/root"
  rm -rf "$1/archives"
}
