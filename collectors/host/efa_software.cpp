#include "collectors/host/efa_software.h"

#include "collectors/base/number.h"
#include "collectors/host/text_search.h"
#include "collectors/proc/stat_text.h"

namespace efa {
namespace {

// A version that is fit to be shown; else empty.
std::string version_or_empty(std::string_view text) {
  const bool is_version = is_plain_text(text) && text.find(' ') == std::string_view::npos &&
                          parse_version(text).has_value();
  return is_version ? std::string(text) : std::string();
}

// The first of some files that has a version in it.
template <typename Paths, typename Parse>
std::string read_version(HostFiles& files, const Paths& paths, Parse parse) {
  for (const std::string_view path : paths) {
    const std::string whole = files.below_root(path);
    const auto text = files.read(whole);
    if (!text) {
      continue;
    }
    std::string version = parse(*text);
    if (!version.empty()) {
      return version;
    }
    files.malformed(whole);
  }
  return {};
}

}  // namespace

std::string parse_installer_version(std::string_view text) {
  constexpr std::string_view words = "EFA installer version:";
  std::string_view line = take_line(text);
  const std::size_t at = line.find(words);
  if (at == std::string_view::npos) {
    return {};
  }
  line.remove_prefix(at + words.size());
  return version_or_empty(take_word(line));
}

std::string parse_pkg_config_version(std::string_view text) {
  constexpr std::string_view key = "Version:";
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.starts_with(key)) {
      return version_or_empty(trimmed(line.substr(key.size())));
    }
  }
  return {};
}

std::string parse_nvidia_version(std::string_view text) {
  std::string_view line = take_line(text);
  while (!line.empty()) {
    const std::string_view word = take_word(line);
    if (word.find('.') != std::string_view::npos && !version_or_empty(word).empty()) {
      return std::string(word);
    }
  }
  return {};
}

std::string read_installer_version(HostFiles& files) {
  constexpr std::string_view paths[] = {"/opt/amazon/efa_installed_packages",
                                        "/opt/amazon/efa/installed_packages"};
  return read_version(files, paths, parse_installer_version);
}

std::string read_libfabric_version(HostFiles& files) {
  constexpr std::string_view paths[] = {"/opt/amazon/efa/lib64/pkgconfig/libfabric.pc",
                                        "/opt/amazon/efa/lib/pkgconfig/libfabric.pc"};
  return read_version(files, paths, parse_pkg_config_version);
}

// The module's attribute first: it is a constant in memory, whereas the file in /proc takes a lock
// of the driver.
std::string read_nvidia_version(HostFiles& files) {
  std::string version = version_or_empty(files.line(files.below_sysfs("/module/nvidia/version")));
  if (!version.empty()) {
    return version;
  }
  const auto text = files.read(files.below_procfs("/driver/nvidia/version"));
  return text ? parse_nvidia_version(*text) : std::string();
}

std::optional<InstalledVersion> read_mellanox_ofed(HostFiles& files) {
  InstalledVersion found{files.below_root("/usr/bin/ofed_info"), {}};
  if (const auto status = HostFiles::status(found.path); !status || !status->is_regular()) {
    return std::nullopt;
  }
  for (const std::string_view name : {"MLNX_OFED_LINUX-", "OFED-internal-"}) {
    if (auto version = find_word_after(files, found.path, name)) {
      found.version = std::move(*version);
      break;
    }
  }
  return found;
}

}  // namespace efa
