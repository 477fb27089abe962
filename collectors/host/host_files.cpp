#include "collectors/host/host_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "collectors/base/number.h"

namespace efa {
namespace {

// A folder of /opt/intel or /etc/ld.so.conf.d has some ten names, one of PCI functions some
// hundred.
constexpr std::size_t most_names = 4096;
constexpr std::size_t short_limit = 4096;  // of a file of one value

std::string joined(std::string_view folder, std::string_view path) {
  while (folder.ends_with('/')) {
    folder.remove_suffix(1);
  }
  std::string whole;
  whole.reserve(folder.size() + path.size() + 1);
  whole.append(folder);
  if (!path.starts_with('/')) {
    whole.push_back('/');
  }
  whole.append(path);
  return whole;
}

}  // namespace

bool FileStatus::is_regular() const { return S_ISREG(mode); }
bool FileStatus::is_directory() const { return S_ISDIR(mode); }
bool FileStatus::is_character_device() const { return S_ISCHR(mode); }

HostFiles::HostFiles(Files& files, HostPaths paths) : files_(files), paths_(std::move(paths)) {}

std::string HostFiles::below_root(std::string_view path) const { return joined(paths_.root, path); }
std::string HostFiles::below_sysfs(std::string_view path) const {
  return joined(paths_.sysfs, path);
}
std::string HostFiles::below_procfs(std::string_view path) const {
  return joined(paths_.procfs, path);
}

Result<FileStatus> HostFiles::status(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    return Error::from_errno(errno);
  }
  return FileStatus{found.st_dev, found.st_ino, found.st_mode, found.st_uid, found.st_gid};
}

bool HostFiles::is_directory(const std::string& path) {
  const auto found = status(path);
  return found && found->is_directory();
}

Result<UniqueFd> HostFiles::open(const std::string& path) {
  const auto found = status(path);
  if (!found) {
    return note(found.error(), path);
  }
  if (!found->is_regular()) {
    return malformed(path);
  }
  auto file = files_.open(AT_FDCWD, path.c_str());
  if (!file) {
    return note(file.error(), path);
  }
  return file;
}

Result<std::string> HostFiles::read(const std::string& path, std::size_t limit) {
  const auto file = open(path);
  if (!file) {
    return file.error();
  }
  std::string text(limit, '\0');
  const auto size = files_.read_at_start(file->get(), text);
  if (!size) {
    return note(size.error(), path);
  }
  text.resize(*size);
  return text;
}

std::string HostFiles::line(const std::string& path) {
  const auto text = read(path, short_limit);
  if (!text) {
    return {};
  }
  const std::string_view found = trimmed(*text);
  if (found.empty()) {
    return {};
  }
  if (!is_plain_text(found)) {
    malformed(path);
    return {};
  }
  return std::string(found);
}

std::optional<std::uint64_t> HostFiles::number(const std::string& path) {
  const auto text = read(path, short_limit);
  if (!text) {
    return std::nullopt;
  }
  const auto value = parse_u64(*text);
  if (!value) {
    malformed(path);
  }
  return value;
}

Result<std::vector<std::string>> HostFiles::names(const std::string& path) {
  const auto directory = files_.open_directory(AT_FDCWD, path.c_str());
  if (!directory) {
    return note(directory.error(), path);
  }
  std::vector<DirectoryEntry> entries;
  if (const auto listed = files_.list(directory->get(), entries); !listed) {
    return note(listed.error(), path);
  }
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (DirectoryEntry& entry : entries) {
    names.push_back(std::move(entry.name));
  }
  std::sort(names.begin(), names.end());
  if (names.size() > most_names) {
    malformed(path);
    names.resize(most_names);
  }
  return names;
}

std::string HostFiles::link_name(const std::string& path) {
  const auto target = files_.read_link(AT_FDCWD, path.c_str());
  if (!target) {
    // EINVAL: there, but no link.
    if (target.error().errno_value != EINVAL) {
      note(target.error(), path);
    }
    return {};
  }
  std::string_view name = *target;
  while (name.ends_with('/')) {
    name.remove_suffix(1);
  }
  name.remove_prefix(name.rfind('/') + 1);
  return std::string(name);
}

Error HostFiles::note(Error error, const std::string& path) {
  error.context = path;
  const auto same = [&](const Error& other) { return other.context == path; };
  if (error.reason != Reason::absent && std::none_of(problems_.begin(), problems_.end(), same)) {
    problems_.push_back(error);
  }
  return error;
}

bool is_plain_text(std::string_view text) {
  constexpr std::size_t longest = 128;
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), printable);
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = trimmed(text.substr(0, end));
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace efa
