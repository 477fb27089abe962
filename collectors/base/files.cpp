#include "collectors/base/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include "collectors/base/number.h"

namespace efa {
namespace {

Result<UniqueFd> open_with(int directory, const char* path, int flags) {
  UniqueFd fd(::openat(directory, path, flags | O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return Error::from_errno(errno);
  }
  return fd;
}

// One record of getdents64(2); glibc's dirent64 has the same layout.
struct Record {
  std::uint64_t inode;
  std::size_t length;
  std::string_view name;
};

Record record_at(const char* bytes) {
  dirent64 head{};
  std::memcpy(&head, bytes, offsetof(dirent64, d_name));
  return {head.d_ino, head.d_reclen, std::string_view(bytes + offsetof(dirent64, d_name))};
}

void set_entry(std::vector<DirectoryEntry>& entries, std::size_t index, const Record& record) {
  if (index == entries.size()) {
    entries.emplace_back();
  }
  entries[index].name.assign(record.name);
  entries[index].inode = record.inode;
}

}  // namespace

Result<std::string> Files::read_text(int directory, const char* path) {
  auto fd = open(directory, path);
  if (!fd) {
    return fd.error();
  }
  std::array<char, 4096> buffer;  // filled below
  const auto size = read_at_start(fd->get(), buffer);
  if (!size) {
    return size.error();
  }
  return std::string(trimmed({buffer.data(), *size}));
}

Result<UniqueFd> PosixFiles::open(int directory, const char* path) {
  return open_with(directory, path, 0);
}

Result<UniqueFd> PosixFiles::open_directory(int directory, const char* path) {
  return open_with(directory, path, O_DIRECTORY);
}

// Not pread(3): that one is a cancellation point, which in a program with threads costs two atomic
// operations a call, a tenth of a scrape.
Result<std::size_t> PosixFiles::read_at_start(int fd, std::span<char> buffer) {
  long size = -1;
  do {
    size = ::syscall(SYS_pread64, fd, buffer.data(), buffer.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size < 0) {
    return Error::from_errno(errno);
  }
  return static_cast<std::size_t>(size);
}

// getdents64 rather than readdir: no DIR to allocate for each scrape.
Result<void> PosixFiles::list(int directory, std::vector<DirectoryEntry>& entries) {
  if (::lseek(directory, 0, SEEK_SET) < 0) {
    return Error::from_errno(errno);
  }
  alignas(dirent64) std::array<char, 4096> buffer;
  std::size_t count = 0;
  while (true) {
    const long size = ::syscall(SYS_getdents64, directory, buffer.data(), buffer.size());
    if (size < 0) {
      return Error::from_errno(errno);
    }
    if (size == 0) {
      break;
    }
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      const Record record = record_at(buffer.data() + at);
      at += record.length;
      if (record.name != "." && record.name != "..") {
        set_entry(entries, count++, record);
      }
    }
  }
  entries.resize(count);
  return {};
}

Result<std::string> PosixFiles::read_link(int directory, const char* path) {
  std::array<char, PATH_MAX> buffer;
  const ssize_t size = ::readlinkat(directory, path, buffer.data(), buffer.size());
  if (size < 0) {
    return Error::from_errno(errno);
  }
  return std::string(buffer.data(), static_cast<std::size_t>(size));
}

}  // namespace efa
