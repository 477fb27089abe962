#!/usr/bin/env bash
# Builds the libraries of the portable agent, static, from Debian's sources, unless they are there; prints their prefix.
# In its folder probe are headers and shared libraries for efa-probe. For build.sh.
#
#   deploy/static/libraries.sh ARCHITECTURE [CMAKE_ARGUMENT...]     the arguments choose the compiler
set -euo pipefail
cd "$(dirname "$0")/../.."
architecture=$1
shift
compiler=("$@")
cache=${EFA_AGENT_STATIC_CACHE:-$HOME/.cache/efa-agent-static}
case $architecture in # Debian's name of it
  x86_64) machine=amd64 ;;
  aarch64) machine=arm64 ;;
esac

# Source package, and the arguments of cmake with which it is built; libdeflate has no cmake.
libraries() {
  cat <<'END'
civetweb -DCIVETWEB_BUILD_TESTING=OFF -DCIVETWEB_ENABLE_SERVER_EXECUTABLE=OFF -DCIVETWEB_ENABLE_SSL=OFF -DCIVETWEB_ENABLE_IPV6=OFF
fmtlib -DFMT_TEST=OFF -DFMT_DOC=OFF
libdeflate
prometheus-cpp -DENABLE_PULL=OFF -DENABLE_PUSH=OFF -DENABLE_TESTING=OFF -DENABLE_COMPRESSION=OFF -DUSE_THIRDPARTY_LIBRARIES=OFF
spdlog -DSPDLOG_FMT_EXTERNAL=ON -DSPDLOG_BUILD_EXAMPLE=OFF -DSPDLOG_BUILD_TESTS=OFF
yaml-cpp -DYAML_CPP_BUILD_TESTS=OFF -DYAML_CPP_BUILD_TOOLS=OFF -DYAML_BUILD_SHARED_LIBS=OFF
END
}

# An apt with folders of its own, which installs nothing, from the machine's mirror and by the machine's keys.
own_apt() {
  apt-get -qq -o Dir::State="$cache/apt" -o Dir::State::Lists="$cache/apt/lists" -o Dir::State::status="$cache/apt/status" \
    -o Dir::Cache="$cache/apt" -o Dir::Etc::SourceList="$cache/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

# Into $cache/sources/NAME, with Debian's patches.
fetch_sources() {
  local name folder=$cache/sources
  [ ! -e "$folder/done" ] || return 0
  mkdir -p "$folder"
  echo "deb-src $mirror bookworm main" >"$cache/apt/sources.list"
  own_apt -o APT::Update::Error-Mode=any update
  while read -r name _; do
    rm -rf "${folder:?}/$name"
    (cd "$folder" && own_apt source --download-only "$name" && dpkg-source -x "$name"_*.dsc "$name")
  done < <(libraries)
  touch "$folder/done"
}

# build_library NAME PREFIX ARGUMENT...
build_library() {
  local name=$1 prefix=$2 build=$2/build/$1
  shift 2
  mkdir -p "$prefix/build"
  if [ "$name" = libdeflate ]; then
    cp -r "$cache/sources/$name" "$build"
    make -C "$build" -j "$(nproc)" CC="$architecture-linux-gnu-gcc" CFLAGS="-O2 -fPIC -ffunction-sections" libdeflate.a
    install -D -m 644 -t "$prefix/lib" "$build/libdeflate.a"
    install -D -m 644 -t "$prefix/include" "$build/libdeflate.h"
    return
  fi
  cmake -S "$cache/sources/$name" -B "$build" -G Ninja "${compiler[@]}" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_PREFIX_PATH="$prefix" -DBUILD_SHARED_LIBS=OFF \
    -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DCMAKE_C_FLAGS="-ffunction-sections -fdata-sections" \
    -DCMAKE_CXX_FLAGS="-ffunction-sections -fdata-sections" "$@"
  cmake --build "$build" -j "$(nproc)" --target install
}

# What Debian has as static libraries, for the architecture, below PREFIX.
fetch_static() {
  local prefix=$1 name
  mkdir -p "$prefix/debian" "$prefix/lib" "$prefix/include"
  # With security updates, from where the machine has its own.
  apt-get indextargets --format 'deb [arch='"$machine"'] $(REPO_URI) $(CODENAME) main' 'Created-By: Packages' |
    grep -E ' bookworm(-security|-updates)? main$' | sort -u >"$cache/apt/sources.list"
  own_apt -o APT::Architecture="$machine" -o APT::Update::Error-Mode=any update
  (cd "$prefix/debian" && own_apt -o APT::Architecture="$machine" download libcrypt-dev libssl-dev)
  for name in "$prefix"/debian/*.deb; do dpkg-deb -x "$name" "$prefix/debian"; done
  mv "$prefix/debian/usr/lib/$architecture-linux-gnu/"*.a "$prefix/lib/"
  cp -r "$prefix/debian/usr/include/openssl" "$prefix/include/"
  cp -r "$prefix/debian/usr/include/$architecture-linux-gnu/openssl" "$prefix/include/"
  cp "$prefix/debian/usr/include/crypt.h" "$prefix/include/"
  rm -rf "$prefix/debian"
}

# rdma-core's shared libraries, for the architecture: efa-probe is linked to them, and runs with those of its host. Called after
# fetch_static, and in a folder of their own, where the agent's libraries are not looked for.
fetch_probe() {
  local folder=$1/probe name
  mkdir -p "$folder/debian" "$folder/lib"
  (cd "$folder/debian" && own_apt -o APT::Architecture="$machine" download ibverbs-providers libibverbs1 libibverbs-dev)
  for name in "$folder"/debian/*.deb; do dpkg-deb -x "$name" "$folder/debian"; done
  for name in libefa libibverbs; do
    cp "$folder/debian/usr/lib/$architecture-linux-gnu/$name.so.1" "$folder/lib/$name.so"
  done
  mv "$folder/debian/usr/include" "$folder/"
  rm -rf "$folder/debian"
}

build_all() {
  local name arguments mirror
  mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep '/debian/\?$' | awk 'NR == 1')
  mkdir -p "$cache/apt/lists/partial"
  : >"$cache/apt/status"
  fetch_sources
  fetch_static "$prefix"
  fetch_probe "$prefix"
  while read -r name arguments; do
    # shellcheck disable=SC2086
    build_library "$name" "$prefix" $arguments
  done < <(libraries)
  rm -rf "$prefix/build"
  touch "$prefix/done"
}

key=$({ cat deploy/static/libraries.sh && apt-cache policy libssl-dev | grep Candidate && echo "${compiler[*]}" && g++ --version; } | sha256sum | cut -c 1-16)
prefix=$cache/$architecture-$key
if [ ! -e "$prefix/done" ]; then
  rm -rf "$prefix"
  mkdir -p "$prefix"
  trap '[ $? = 0 ] || tail -n 50 "$prefix.log" >&2' EXIT
  (build_all) >"$prefix.log" 2>&1
fi
echo "$prefix"
