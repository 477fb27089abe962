#include "collectors/proc/own_process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <ctime>
#include <utility>
#include <vector>

#include "collectors/base/number.h"
#include "collectors/proc/boot_time.h"
#include "collectors/proc/stat_text.h"

namespace efa {
namespace {

std::optional<std::uint64_t> soft_limit(__rlimit_resource resource) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return std::nullopt;
  }
  return limit.rlim_cur;
}

double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  const auto stat = StatText::parse(text);
  if (!stat) {
    return std::nullopt;
  }
  const auto threads = parse_u64(stat->field(20));
  const auto start_ticks = parse_u64(stat->field(22));
  const auto virtual_bytes = parse_u64(stat->field(23));
  const auto resident_pages = parse_u64(stat->field(24));
  if (!threads || !start_ticks || !virtual_bytes || !resident_pages) {
    return std::nullopt;
  }
  return ProcessStat{*threads, *start_ticks, *virtual_bytes, *resident_pages};
}

OwnProcess::OwnProcess(Files& files, const Clock& clock, std::string procfs)
    : files_(files),
      clock_(clock),
      procfs_(std::move(procfs)),
      boot_time_(read_boot_time(files_, procfs_)) {}

std::optional<std::uint64_t> OwnProcess::count_descriptors() {
  const std::string path = procfs_ + "/self/fd";
  struct stat attributes {};
  if (::stat(path.c_str(), &attributes) == 0 && attributes.st_size > 0) {
    return static_cast<std::uint64_t>(attributes.st_size);  // since Linux 6.2
  }
  constexpr std::chrono::seconds counted_for{10};
  if (counted_ && clock_.now() - counted_at_ < counted_for) {
    return counted_;
  }
  std::vector<DirectoryEntry> entries;
  const auto directory = files_.open_directory(AT_FDCWD, path.c_str());
  if (!directory || !files_.list(directory->get(), entries) || entries.empty()) {
    return std::nullopt;
  }
  counted_ = entries.size() - 1;  // the directory itself
  counted_at_ = clock_.now();
  return counted_;
}

Result<ProcessUsage> OwnProcess::read() {
  if (!stat_) {
    auto fd = files_.open(AT_FDCWD, (procfs_ + "/self/stat").c_str());
    if (!fd) {
      return fd.error();
    }
    stat_ = std::move(*fd);
  }
  std::array<char, 1024> text;  // filled by the read
  const auto size = files_.read_at_start(stat_.get(), text);
  if (!size) {
    return size.error();
  }
  const auto stat = parse_process_stat({text.data(), *size});
  if (!stat) {
    return Error{Reason::malformed, 0, procfs_ + "/self/stat"};
  }
  ProcessUsage usage;
  usage.cpu_seconds = cpu_seconds();
  usage.threads = stat->threads;
  usage.virtual_bytes = stat->virtual_bytes;
  usage.resident_bytes = stat->resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  usage.virtual_bytes_limit = soft_limit(RLIMIT_AS);
  usage.descriptors_limit = soft_limit(RLIMIT_NOFILE);
  usage.open_descriptors = count_descriptors();
  if (boot_time_) {
    usage.start_time = *boot_time_ + static_cast<double>(stat->start_ticks) /
                                         static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  return usage;
}

}  // namespace efa
