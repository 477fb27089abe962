#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/base/files.h"
#include "collectors/base/result.h"

namespace efa {

/// Where the host is, for one who looks at it from a container or a test.
struct HostPaths {
  std::string root = "/";  // for /opt, /etc, /usr and /dev
  std::string sysfs = "/sys";
  std::string procfs = "/proc";
};

/// What stat(2) tells, links followed.
struct FileStatus {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint32_t mode = 0;  // type and permissions
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;

  [[nodiscard]] bool is_regular() const;
  [[nodiscard]] bool is_directory() const;
  [[nodiscard]] bool is_character_device() const;
};

/// The files the facts about a host are in: found below its paths, never opened unless they are
/// regular ones, so that no named pipe and no device holds a reading up. What is there but cannot
/// be read or understood is noted as a problem; what is absent is not.
///
/// Errors   in the result, and all but absence also among the problems, with the path
/// Threads  one at a time
class HostFiles {
 public:
  static constexpr std::size_t usual_limit = 64UL * 1024;

  HostFiles(Files& files, HostPaths paths);

  [[nodiscard]] std::string below_root(std::string_view path) const;
  [[nodiscard]] std::string below_sysfs(std::string_view path) const;
  [[nodiscard]] std::string below_procfs(std::string_view path) const;

  static Result<FileStatus> status(const std::string& path);
  [[nodiscard]] static bool is_directory(const std::string& path);
  /// The first `limit` bytes.
  Result<std::string> read(const std::string& path, std::size_t limit = usual_limit);
  Result<UniqueFd> open(const std::string& path);
  /// The only line of a file; empty for any problem, and for what is not a line of plain text.
  std::string line(const std::string& path);
  /// The number in a file.
  std::optional<std::uint64_t> number(const std::string& path);
  /// The names in a directory, sorted.
  Result<std::vector<std::string>> names(const std::string& path);
  /// Where a symbolic link leads: the last component. Empty for any problem.
  std::string link_name(const std::string& path);

  /// Notes what is wrong with a file and gives it back.
  Error note(Error error, const std::string& path);
  Error malformed(const std::string& path) { return note({Reason::malformed, 0, {}}, path); }
  std::vector<Error> take_problems() { return std::exchange(problems_, {}); }
  [[nodiscard]] Files& files() { return files_; }

 private:
  Files& files_;
  HostPaths paths_;
  std::vector<Error> problems_;
};

/// Whether `text` can be shown as it is: printable ASCII, not empty, not long.
bool is_plain_text(std::string_view text);

/// Cuts off and returns the next line, trimmed.
std::string_view take_line(std::string_view& text);

}  // namespace efa
