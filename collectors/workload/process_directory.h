#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "collectors/base/files.h"
#include "collectors/base/result.h"

namespace efa {

/// /proc/<pid>, held open: the kernel ties the descriptor to the process, not to the number, so
/// that a process which gets the same pid later is never read through it.
///
/// Source   <procfs>/<pid>
/// Errors   absent     no such process, or it went between two calls (ENOENT, ESRCH), or a
///                     hidepid=2 mount hides it
///          denied     a hidepid=1 mount, or a file that wants ptrace access
///          malformed  larger than `largest` and without a line that ends
/// Cost     one open; open, pread and close a file
/// Threads  safe to call concurrently
class ProcessDirectory {
 public:
  /// A v1 process has a line of up to 4 KiB for each of 14 hierarchies; all else is much shorter.
  static constexpr std::size_t largest = 64 * std::size_t{1024};

  static Result<ProcessDirectory> open(Files& files, const std::string& procfs, std::uint32_t pid);

  /// Opens a file of the process.
  [[nodiscard]] Result<UniqueFd> open_file(const char* name) const;
  /// The text of a file; of one that is larger than `largest` the lines that fit.
  [[nodiscard]] Result<std::string> read(const char* name) const;
  /// The same through a descriptor from open_file().
  [[nodiscard]] Result<std::string> read(const UniqueFd& file, const char* name) const;
  /// What an error on a file of a process means: ESRCH is a process that went.
  [[nodiscard]] Error problem(const Error& error, const char* name) const;

 private:
  ProcessDirectory(Files& files, std::string path) : files_(&files), path_(std::move(path)) {}

  Files* files_;
  std::string path_;
  UniqueFd directory_;
};

}  // namespace efa
