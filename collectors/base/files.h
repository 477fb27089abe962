#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/base/result.h"
#include "collectors/base/unique_fd.h"

namespace efa {

/// One name in a directory and the inode behind it; sysfs gives a re-created
/// object a new inode, so the pair tells an old device from a new one.
struct DirectoryEntry {
  std::string name;
  std::uint64_t inode = 0;

  bool operator==(const DirectoryEntry&) const = default;
};

/// The few file operations the readers need; tests inject failures here.
///
/// Source   any mounted file system, read only
/// Errors   errno as Reason; the context is left empty
/// Threads  safe to call concurrently
class Files {
 public:
  Files() = default;
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  virtual ~Files() = default;

  /// Opens `path` for reading, relative to `directory` (AT_FDCWD for none).
  virtual Result<UniqueFd> open(int directory, const char* path) = 0;
  /// Opens the directory `path`, relative to `directory`.
  virtual Result<UniqueFd> open_directory(int directory, const char* path) = 0;
  /// Reads from offset 0: bytes read, up to the size of `buffer`. One pread.
  virtual Result<std::size_t> read_at_start(int fd, std::span<char> buffer) = 0;
  /// Fills `entries` with what an open directory holds, without "." and "..", in the
  /// kernel's order; re-uses their storage.
  virtual Result<void> list(int directory, std::vector<DirectoryEntry>& entries) = 0;
  /// The target of a symbolic link.
  virtual Result<std::string> read_link(int directory, const char* path) = 0;

  /// The text of a small file (at most 4 KiB), white space trimmed at both ends.
  Result<std::string> read_text(int directory, const char* path);
};

/// The kernel's files.
class PosixFiles final : public Files {
 public:
  Result<UniqueFd> open(int directory, const char* path) override;
  Result<UniqueFd> open_directory(int directory, const char* path) override;
  Result<std::size_t> read_at_start(int fd, std::span<char> buffer) override;
  Result<void> list(int directory, std::vector<DirectoryEntry>& entries) override;
  Result<std::string> read_link(int directory, const char* path) override;
};

}  // namespace efa
