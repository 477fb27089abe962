# shellcheck shell=bash disable=SC2154
# A kernel, and the efa driver of its own source: Debian's kernels come without it.

# What a guest's initramfs loads, with all that these need; efa.ko comes beside them.
boot_modules="virtio_pci virtio_blk virtio_net ext4"
lab_modules="crc16 ib_uverbs rdma_ucm rdma_rxe dummy veth"

# find_kernel SET: sets `kernel`, its `version`, and the packages it comes in.
find_kernel() {
  local depends
  depends=$(apt apt-cache "$1" show "linux-headers-amd64/$(preferred "$1")" |
    grep -o 'linux-headers-[0-9][^ ,]* (= [^)]*)' | awk 'NR == 1')
  kernel=${depends%% *} && kernel=${kernel#linux-headers-}
  version=${depends##*= } && version=${version%)}
  mapfile -t images < <(apt apt-cache "$1" show "linux-image-$kernel=$version" |
    grep -oE 'linux-(binary|modules|base)-[^ ,]*' | sort -u)
  [ ${#images[@]} -gt 0 ] || images=("linux-image-$kernel")
  sources=linux-source-$(cut -d. -f1,2 <<<"$kernel")
}
build_needs() {
  echo "linux-headers-$kernel=$version make binutils coreutils dash diffutils findutils grep mawk sed" \
    "busybox-static kmod xz-utils"
}

resolve_kernel() {
  find_kernel "$1"
  echo "$kernel $version ${images[*]} $sources"
  # shellcheck disable=SC2046
  resolve "$1" $(build_needs)
}

# build_kernel FOLDER SET: vmlinuz and initrd.
build_kernel() {
  local folder=$1 root=$1/root package
  find_kernel "$2"
  # shellcheck disable=SC2046
  fetch "$2" "$folder/archives" $(build_needs)
  for package in "${images[@]}" "$sources"; do
    (cd "$folder/archives" && apt apt-get "$2" -qq download "$package=$version")
  done
  mkdir -p "$folder/source"
  mv "$folder/archives/$sources"_* "$folder/source/"
  unpack "$folder/archives" "$root"
  unpack_driver "$folder/source/$sources"_*.deb "$root"
  in_root "$root" make -s -C "/usr/src/linux-headers-$kernel" M=/efa CONFIG_INFINIBAND_EFA=m -j"$(nproc)" modules
  in_root "$root" strip --strip-debug /efa/efa.ko
  in_root "$root" depmod "$kernel"
  pack_initrd "$root" >"$folder/initrd"
  cp "$root/usr/lib/modules/$kernel/vmlinuz" "$folder/" 2>/dev/null || cp "$root/boot/vmlinuz-$kernel" "$folder/vmlinuz"
  echo "$kernel" >"$folder/version"
  rm -rf "$root" "$folder/archives" "$folder/source"
}

# unpack_driver SOURCE.deb ROOT: drivers/infiniband/hw/efa as ROOT/efa.
unpack_driver() {
  mkdir -p "$2/efa"
  dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' | xz -dc -T0 |
    tar -x -C "$2/efa" --strip-components=5 --wildcards 'linux-source-*/drivers/infiniband/hw/efa/*'
}

# copy_modules ROOT FOLDER MODULE...: them and what they need, numbered in the order of loading.
copy_modules() {
  local module path number=10
  mkdir -p "$2"
  for module in "${@:3}"; do
    in_root "$1" modprobe -S "$kernel" --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
  done | awk '!seen[$0]++' | while read -r path; do
    module=$2/$((number++))-$(basename "${path%.xz}")
    case $path in
      *.xz) xz -dc "$1$path" >"$module" ;;
      *) cp "$1$path" "$module" ;;
    esac
  done
}

pack_initrd() {
  local initrd=$1/initrd
  mkdir -p "$initrd"/{bin,disk}
  cp "$1/bin/busybox" "$initrd/bin/"
  cp "$here/guest/boot" "$initrd/init"
  # shellcheck disable=SC2086
  {
    copy_modules "$1" "$initrd/modules/boot" $boot_modules
    copy_modules "$1" "$initrd/modules/lab" $lab_modules
  }
  cp "$1/efa/efa.ko" "$initrd/modules/"
  (cd "$initrd" && find . -print0 | cpio --null --create --format=newc --quiet --owner=+0:+0) | gzip -1
}
