# shellcheck shell=bash disable=SC2154  # cache: build.sh
# Debian packages of other suites than the machine's: resolved and fetched by an apt with folders of its own, which
# installs nothing, from the machine's mirror and by the machine's keys.

# The last suite of a set is preferred.
declare -A suites=(
  [newest]="trixie trixie-backports"
  [guest]="trixie"
  [debian12]="bookworm"
)
preferred() { echo "${suites[$1]##* }"; }

# apt PROGRAM SET ARGUMENT...: apt-get or apt-cache.
apt() {
  local folder=$cache/packages/$2
  "$1" -o Dir::State="$folder" -o Dir::State::Lists="$folder/lists" -o Dir::State::status="$folder/status" \
    -o Dir::Cache="$folder" -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o APT::Install-Recommends=false -o APT::Sandbox::User=root -o Acquire::Languages=none \
    -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o APT::Default-Release="$(preferred "$2")" "${@:3}"
}

# Asks the mirror what there is, unless that is known since a day.
refresh_packages() {
  local mirror set suite folder
  mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep '/debian/\?$' | awk 'NR == 1') ||
    { echo "apt knows no Debian mirror" >"$cache/packages.log" && return 1; }
  mkdir -p "$cache/packages/none/partial"
  for set in "${!suites[@]}"; do
    folder=$cache/packages/$set
    [ -z "$(find "$folder/refreshed" -mmin -1440 2>/dev/null)" ] || continue
    step "package lists: ${suites[$set]}"
    mkdir -p "$folder/lists/partial"
    : >"$folder/status"
    for suite in ${suites[$set]}; do echo "deb $mirror $suite main"; done >"$folder/sources.list"
    apt apt-get "$set" -qq -o APT::Update::Error-Mode=any update >"$cache/packages.log" 2>&1 || return 1
    cat "$folder"/lists/*InRelease | sha256sum >"$folder/refreshed"
  done
}

# resolve SET PACKAGE...: all that they need, one file name with version and size a line.
resolve() {
  # Only what is to be fetched is listed: as if nothing had been.
  apt apt-get "$1" -qq -y --print-uris -o Dir::Cache::Archives="$cache/packages/none" install "${@:2}" |
    awk '{ print $2, $3 }' | sort
}

# fetch SET FOLDER PACKAGE...: them and all that they need, as .deb files in the folder.
fetch() {
  mkdir -p "$2/partial"
  apt apt-get "$1" -qq -y -o Dir::Cache::Archives="$2" --download-only install "${@:3}"
}

# unpack FOLDER ROOT: every .deb of a folder as a Debian tree; in place of their scripts, what of these is needed.
unpack() {
  local name
  mkdir -p -m 1777 "$2" "$2/tmp"
  chmod 755 "$2"
  for name in bin lib lib64 sbin; do
    mkdir -p "$2/usr/$name"
    ln -sfn "usr/$name" "$2/$name"
  done
  find "$1" -maxdepth 1 -name '*.deb' -print0 | xargs -0 -P "$(nproc)" -n 1 sh -c '
    dpkg-deb --fsys-tarfile "$1" | tar -x -C "$0" --keep-directory-symlink --no-same-owner \
      --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale' "$2"
  [ ! -e "$2/usr/bin/mawk" ] || ln -sf mawk "$2/usr/bin/awk"
}
