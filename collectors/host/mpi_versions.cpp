#include "collectors/host/mpi_versions.h"

#include <algorithm>
#include <utility>

#include "collectors/base/number.h"
#include "collectors/host/efa_software.h"

namespace efa {
namespace {

// mpi.h has some 130 KB; the version is in its first half.
constexpr std::size_t header_limit = 256UL * 1024;

std::string read_pkg_config(HostFiles& files, const std::string& path) {
  const auto text = files.read(path);
  return text ? parse_pkg_config_version(*text) : std::string();
}

std::string read_open_mpi_version(HostFiles& files, const std::string& folder) {
  for (const std::string_view path : {"/lib64/pkgconfig/ompi.pc", "/lib/pkgconfig/ompi.pc"}) {
    std::string whole = folder;
    whole.append(path);
    std::string version = read_pkg_config(files, whole);
    if (!version.empty()) {
      return version;
    }
  }
  const auto header = files.read(folder + "/include/mpi.h", header_limit);
  return header ? parse_open_mpi_header(*header) : std::string();
}

// "2019.4.243", but not "2019", by which a folder may be called that is no version's own.
bool names_a_version(std::string_view name) {
  return is_plain_text(name) && name.find('.') != std::string_view::npos &&
         parse_version(name).has_value();
}

// The folders <folder>/<prefix><version><suffix>.
void add_versions(HostFiles& files, const std::string& folder, std::string_view prefix,
                  std::string_view suffix, std::vector<InstalledVersion>& found) {
  const auto names = files.names(folder);
  if (!names) {
    return;
  }
  for (const std::string& name : *names) {
    if (!name.starts_with(prefix)) {
      continue;
    }
    std::string version = name.substr(prefix.size());
    std::string path = folder;
    path.append("/").append(name).append(suffix);
    if (names_a_version(version) && HostFiles::is_directory(path)) {
      found.push_back({std::move(path), std::move(version)});
    }
  }
}

// Where `latest` leads, if that is not one of the versions beside it.
void add_latest(HostFiles& files, const std::string& folder, std::vector<InstalledVersion>& found) {
  std::string path = folder + "/latest";
  std::string version = files.link_name(path);
  const bool is_known = std::any_of(found.begin(), found.end(),
                                    [&](const auto& other) { return other.version == version; });
  if (!is_known && names_a_version(version) && HostFiles::is_directory(path)) {
    found.push_back({std::move(path), std::move(version)});
  }
}

// The number behind "#define <name> ", as text.
std::string_view defined_number(std::string_view line, std::string_view name) {
  constexpr std::string_view define = "#define ";
  if (!line.starts_with(define)) {
    return {};
  }
  line = trimmed(line.substr(define.size()));
  if (!line.starts_with(name)) {
    return {};
  }
  line.remove_prefix(name.size());
  const std::string_view value = trimmed(line);
  return value.size() < line.size() && parse_u64(value) ? value : std::string_view();
}

}  // namespace

std::string parse_open_mpi_header(std::string_view text) {
  constexpr std::string_view names[] = {"OMPI_MAJOR_VERSION", "OMPI_MINOR_VERSION",
                                        "OMPI_RELEASE_VERSION"};
  std::string_view values[std::size(names)];
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    for (std::size_t i = 0; i < std::size(names); ++i) {
      if (const auto value = defined_number(line, names[i]); !value.empty()) {
        values[i] = value;
      }
    }
  }
  std::string version;
  for (const std::string_view value : values) {
    if (value.empty()) {
      return {};
    }
    version.append(version.empty() ? "" : ".").append(value);
  }
  return parse_version(version) ? version : std::string();
}

std::vector<InstalledVersion> read_open_mpi(HostFiles& files) {
  std::vector<InstalledVersion> found;
  const std::string folder = files.below_root("/opt/amazon");
  const auto names = files.names(folder);
  if (!names) {
    return found;
  }
  for (const std::string& name : *names) {
    std::string path = folder;
    path.append("/").append(name);
    if (name.starts_with("openmpi") && HostFiles::is_directory(path)) {
      std::string version = read_open_mpi_version(files, path);
      found.push_back({std::move(path), std::move(version)});
    }
  }
  sort_by_version(found);
  return found;
}

std::vector<InstalledVersion> read_intel_mpi(HostFiles& files) {
  std::vector<InstalledVersion> found;
  const std::string one_api = files.below_root("/opt/intel/oneapi/mpi");
  add_versions(files, one_api, "", "", found);
  add_latest(files, one_api, found);
  add_versions(files, files.below_root("/opt/intel/impi"), "", "", found);
  add_versions(files, files.below_root("/opt/intel"), "compilers_and_libraries_", "/linux/mpi",
               found);
  sort_by_version(found);
  return found;
}

}  // namespace efa
