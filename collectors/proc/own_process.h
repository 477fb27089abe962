#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "collectors/base/result.h"

namespace efa {

/// What the kernel accounts for this process.
struct ProcessUsage {
  double cpu_seconds = 0;
  std::uint64_t threads = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_bytes = 0;
  std::optional<std::uint64_t> virtual_bytes_limit;  // nothing: unlimited
  std::optional<std::uint64_t> open_descriptors;
  std::optional<std::uint64_t> descriptors_limit;
  std::optional<double> start_time;  // since the epoch, in seconds
};

/// The fields of /proc/<pid>/stat that ProcessUsage needs. `text` is the whole file.
struct ProcessStat {
  std::uint64_t threads = 0;
  std::uint64_t start_ticks = 0;  // since boot
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_pages = 0;
};
std::optional<ProcessStat> parse_process_stat(std::string_view text);

/// Reads what this process uses.
///
/// Source   /proc/self/stat, /proc/self/fd, /proc/stat once, getrlimit(2), clock_gettime(2)
/// Errors   absent or denied without /proc; what is optional is left out
/// Cost     one pread and a few calls; before Linux 6.2 open descriptors have to be counted one
///          by one, which is done every ten seconds at most
/// Threads  one at a time
class OwnProcess {
 public:
  OwnProcess(Files& files, const Clock& clock, std::string procfs);
  Result<ProcessUsage> read();

 private:
  std::optional<std::uint64_t> count_descriptors();

  Files& files_;
  const Clock& clock_;
  std::string procfs_;
  UniqueFd stat_;
  std::optional<double> boot_time_;
  std::optional<std::uint64_t> counted_;
  SteadyTime counted_at_;
};

}  // namespace efa
