#include "collectors/proc/own_process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <utility>
#include <vector>

#include "collectors/base/number.h"
#include "collectors/proc/boot_time.h"

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

// Cuts off and returns the next word; empty at the end.
std::string_view take_word(std::string_view& text) {
  constexpr std::string_view white = " \n";
  text.remove_prefix(std::min(text.find_first_not_of(white), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(white));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace

// The command name, in parentheses, may hold anything: count fields from the last one.
std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  const auto command_end = text.rfind(')');
  if (command_end == std::string_view::npos) {
    return std::nullopt;
  }
  text.remove_prefix(command_end + 1);
  constexpr std::size_t first = 3;  // proc(5): the state
  std::array<std::string_view, 24 - first + 1> fields;
  for (std::string_view& field : fields) {
    field = take_word(text);
  }
  const auto threads = parse_u64(fields[20 - first]);
  const auto start_ticks = parse_u64(fields[22 - first]);
  const auto virtual_bytes = parse_u64(fields[23 - first]);
  const auto resident_pages = parse_u64(fields[24 - first]);
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
