#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/base/files.h"
#include "collectors/base/result.h"

namespace efa {

/// The fields of /proc/<pid>/stat that tell one process from another.
struct StatFields {
  std::string comm;               // as the kernel has it: may hold any byte
  std::uint32_t parent = 0;       // 0: none, or outside of this pid namespace
  std::uint64_t start_ticks = 0;  // since boot

  bool operator==(const StatFields&) const = default;
};
/// `text` is the whole file. The name, in parentheses, may itself hold spaces and parentheses.
std::optional<StatFields> parse_stat_fields(std::string_view text);

/// The fields of /proc/<pid>/status that tell whose it is.
struct StatusFields {
  std::uint32_t tgid = 0;
  std::uint32_t real_uid = 0;

  bool operator==(const StatusFields&) const = default;
};
/// `text` is the whole file. Its first line is the name, in which the kernel escapes newlines: a
/// process cannot make up a line.
std::optional<StatusFields> parse_status_fields(std::string_view text);

/// What is known of a process; (pid, start_ticks) names it for as long as the host is up.
struct ProcessInfo {
  std::uint32_t pid = 0;  // of the process, also where a thread was asked for
  std::uint64_t start_ticks = 0;
  std::uint32_t parent = 0;
  std::uint32_t real_uid = 0;
  std::string comm;
  std::string cgroup;  // the text of /proc/<pid>/cgroup

  bool operator==(const ProcessInfo&) const = default;
};

/// Reads the process that `pid`, which may be a thread's id, belongs to.
///
/// Source   <procfs>/<pid>/{stat,status,cgroup}
/// Errors   absent     no such process; it went, or another got its pid, while it was read
///          denied     /proc is mounted with hidepid
///          malformed  a file without the fields it has to have
/// Cost     four opens and four preads; a thread that is not the process's first: twice that
/// Threads  safe to call concurrently
Result<ProcessInfo> read_process(Files& files, const std::string& procfs, std::uint32_t pid);

/// When the process began: the cheap way (two opens and a pread) to see whether what is known of
/// `pid` still holds. For ProcessInfo::pid; a thread has a start time of its own.
Result<std::uint64_t> read_start_ticks(Files& files, const std::string& procfs, std::uint32_t pid);

}  // namespace efa
