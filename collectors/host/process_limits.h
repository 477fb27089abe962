#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/base/files.h"
#include "collectors/host/host_files.h"

namespace efa {

/// How many bytes of memory a process may lock, and so register with a device.
struct MemlockLimit {
  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t soft = 0;
  std::uint64_t hard = 0;

  bool operator==(const MemlockLimit&) const = default;
};

/// Source   <procfs>/<pid>/limits
/// Errors   absent     no such process
///          denied     another user's, in a /proc mounted with hidepid
///          malformed  without a line "Max locked memory"
Result<MemlockLimit> read_memlock_limit(Files& files, const std::string& procfs, std::uint32_t pid);

/// The line "Max locked memory" of /proc/<pid>/limits.
std::optional<MemlockLimit> parse_memlock_limit(std::string_view text);

/// Who may read another process's memory, as libfabric does between processes of a host: 0 is every
/// process of the same user. Nothing where the kernel has no Yama, which restricts nobody.
///
/// Source   <procfs>/sys/kernel/yama/ptrace_scope
std::optional<std::uint64_t> read_ptrace_scope(HostFiles& files);

}  // namespace efa
