#include "agent/simulation/private_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "collectors/base/files.h"

namespace efa {
namespace {

constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::string name_begin(const std::string& stem) {
  return stem + "." + std::to_string(::geteuid()) + ".";
}

// Ours, and nobody else may have put anything into it.
bool is_ours(int folder) {
  struct stat status {};
  constexpr mode_t permissions = 07777;
  return ::fstat(folder, &status) == 0 && status.st_uid == ::geteuid() &&
         (status.st_mode & permissions) == S_IRWXU;
}

bool take_lock(int folder) { return ::flock(folder, LOCK_EX | LOCK_NB) == 0; }

// Whether `name` still leads to the folder that is open: somebody may have removed it before it was
// locked.
bool is_still_there(int folder, const std::string& name) {
  struct stat opened {};
  struct stat found {};
  return ::fstat(folder, &opened) == 0 && ::lstat(name.c_str(), &found) == 0 &&
         opened.st_dev == found.st_dev && opened.st_ino == found.st_ino;
}

// By descriptors all the way down, so that no link leads out of the folder.
void remove_content(int folder) {
  std::vector<DirectoryEntry> entries;
  if (!PosixFiles().list(folder, entries)) {
    return;
  }
  for (const DirectoryEntry& entry : entries) {
    const char* const name = entry.name.c_str();
    if (::unlinkat(folder, name, 0) == 0) {
      continue;
    }
    const UniqueFd inner(::openat(folder, name, folder_flags));
    if (inner) {
      remove_content(inner.get());
      ::unlinkat(folder, name, AT_REMOVEDIR);
    }
  }
}

void remove_left_behind(const std::filesystem::path& parent, const std::string& begin) {
  PosixFiles files;
  const auto directory = files.open_directory(AT_FDCWD, parent.c_str());
  std::vector<DirectoryEntry> entries;
  if (!directory || !files.list(directory->get(), entries)) {
    return;
  }
  for (const DirectoryEntry& entry : entries) {
    if (!entry.name.starts_with(begin)) {
      continue;
    }
    const UniqueFd folder(::openat(directory->get(), entry.name.c_str(), folder_flags));
    if (folder && is_ours(folder.get()) && take_lock(folder.get())) {
      remove_content(folder.get());
      ::unlinkat(directory->get(), entry.name.c_str(), AT_REMOVEDIR);
    }
  }
}

using Locked = std::pair<std::string, UniqueFd>;

Error give_up(const std::string& name, int errno_value) {
  ::rmdir(name.c_str());
  return Error::from_errno(errno_value, name);
}

// Nothing if another process, starting now, took the new folder for one left behind.
Result<std::optional<Locked>> make_and_lock(std::string name) {
  if (::mkdtemp(name.data()) == nullptr) {
    return Error::from_errno(errno, name);
  }
  UniqueFd folder(::open(name.c_str(), folder_flags));
  if (!folder) {
    return errno == ENOENT ? Result(std::optional<Locked>()) : give_up(name, errno);
  }
  if (!take_lock(folder.get())) {
    return errno == EWOULDBLOCK ? Result(std::optional<Locked>()) : give_up(name, errno);
  }
  if (!is_still_there(folder.get(), name)) {
    return std::optional<Locked>();
  }
  return std::optional(Locked(std::move(name), std::move(folder)));
}

}  // namespace

Result<std::unique_ptr<PrivateFolder>> PrivateFolder::create(const std::filesystem::path& parent,
                                                             const std::string& stem) {
  std::error_code failure;
  const std::filesystem::path absolute = std::filesystem::absolute(parent, failure);
  if (failure) {
    return Error::from_errno(failure.value(), parent.string());
  }
  const std::string begin = name_begin(stem);
  remove_left_behind(absolute, begin);
  constexpr int attempts = 10;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    auto made = make_and_lock(absolute / (begin + "XXXXXX"));
    if (!made) {
      return made.error();
    }
    if (*made) {
      auto& [path, locked] = **made;
      return std::unique_ptr<PrivateFolder>(new PrivateFolder(std::move(path), std::move(locked)));
    }
  }
  return Error::from_errno(EAGAIN, absolute / begin);
}

PrivateFolder::PrivateFolder(std::filesystem::path path, UniqueFd locked)
    : path_(std::move(path)), folder_(std::move(locked)) {}

PrivateFolder::~PrivateFolder() {
  remove_content(folder_.get());
  ::rmdir(path_.c_str());
}

Error PrivateFolder::failed(const std::string& name) const {
  return Error::from_errno(errno, path_ / name);
}

Result<void> PrivateFolder::make_folder(const std::string& name) const {
  for (std::size_t slash = name.find('/');; slash = name.find('/', slash + 1)) {
    const std::string above = name.substr(0, slash);
    if (::mkdirat(folder_.get(), above.c_str(), 0755) != 0 && errno != EEXIST) {
      return failed(above);
    }
    if (slash == std::string::npos) {
      return {};
    }
  }
}

Result<void> PrivateFolder::write(const std::string& name, std::string_view bytes) const {
  const UniqueFd file(
      ::openat(folder_.get(), name.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file) {
    return failed(name);
  }
  const ssize_t written = ::pwrite(file.get(), bytes.data(), bytes.size(), 0);
  if (written < 0) {
    return failed(name);
  }
  if (static_cast<std::size_t>(written) != bytes.size()) {
    return Error::from_errno(ENOSPC, path_ / name);
  }
  return {};
}

Result<void> PrivateFolder::make_link(const std::string& name, const std::string& target) const {
  if (::symlinkat(target.c_str(), folder_.get(), name.c_str()) != 0) {
    return failed(name);
  }
  return {};
}

}  // namespace efa
