#include "collectors/workload/process.h"

#include <limits>
#include <utility>

#include "collectors/base/number.h"
#include "collectors/proc/stat_text.h"
#include "collectors/workload/process_directory.h"

namespace efa {
namespace {

std::optional<std::uint32_t> parse_u32(std::string_view text) {
  const auto value = parse_u64(text);
  if (!value || *value > std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*value);
}

// The first word behind "\n<key>:".
std::optional<std::uint32_t> number_of(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  text.remove_prefix(at + key.size());
  text = text.substr(0, text.find('\n'));
  return parse_u32(take_word(text));
}

Error gone() { return {Reason::absent, 0, {}}; }

Result<StatFields> read_stat(const ProcessDirectory& directory, const UniqueFd& file) {
  const auto text = directory.read(file, "stat");
  if (!text) {
    return text.error();
  }
  auto fields = parse_stat_fields(*text);
  if (!fields) {
    return directory.problem({Reason::malformed, 0, {}}, "stat");
  }
  return std::move(*fields);
}

Result<StatusFields> read_status(const ProcessDirectory& directory) {
  const auto text = directory.read("status");
  if (!text) {
    return text.error();
  }
  const auto fields = parse_status_fields(*text);
  if (!fields) {
    return directory.problem({Reason::malformed, 0, {}}, "status");
  }
  return *fields;
}

// Everything in one directory, between two looks at the start time. The descriptor alone would do
// for the kernel's /proc, but not for whatever else is mounted in its place.
Result<ProcessInfo> read_snapshot(const ProcessDirectory& directory) {
  const auto stat_file = directory.open_file("stat");
  if (!stat_file) {
    return stat_file.error();
  }
  auto stat = read_stat(directory, *stat_file);
  if (!stat) {
    return stat.error();
  }
  const auto status = read_status(directory);
  if (!status) {
    return status.error();
  }
  auto cgroup = directory.read("cgroup");
  if (!cgroup) {
    return cgroup.error();
  }
  const auto again = read_stat(directory, *stat_file);
  if (!again) {
    return again.error();
  }
  if (again->start_ticks != stat->start_ticks) {
    return gone();
  }
  return ProcessInfo{status->tgid,     stat->start_ticks,     stat->parent,
                     status->real_uid, std::move(stat->comm), std::move(*cgroup)};
}

}  // namespace

std::optional<StatFields> parse_stat_fields(std::string_view text) {
  const auto stat = StatText::parse(text);
  if (!stat) {
    return std::nullopt;
  }
  const auto parent = parse_u32(stat->field(4));
  const auto start_ticks = parse_u64(stat->field(22));
  if (!parent || !start_ticks) {
    return std::nullopt;
  }
  return StatFields{std::string(stat->command()), *parent, *start_ticks};
}

std::optional<StatusFields> parse_status_fields(std::string_view text) {
  const auto tgid = number_of(text, "\nTgid:");
  const auto real_uid = number_of(text, "\nUid:");
  if (!tgid || !real_uid) {
    return std::nullopt;
  }
  return StatusFields{*tgid, *real_uid};
}

Result<ProcessInfo> read_process(Files& files, const std::string& procfs, std::uint32_t pid) {
  const auto directory = ProcessDirectory::open(files, procfs, pid);
  if (!directory) {
    return directory.error();
  }
  auto info = read_snapshot(*directory);
  if (!info || info->pid == pid) {
    return info;
  }
  const auto process = ProcessDirectory::open(files, procfs, info->pid);
  if (!process) {
    return process.error();
  }
  auto leader = read_snapshot(*process);
  if (!leader) {
    return leader;
  }
  // A process lives as long as any of its threads: if this one is still there, then its process has
  // not been another meanwhile.
  const auto thread = read_status(*directory);
  if (!thread) {
    return thread.error();
  }
  if (leader->pid != info->pid || thread->tgid != info->pid) {
    return gone();
  }
  return leader;
}

Result<std::uint64_t> read_start_ticks(Files& files, const std::string& procfs, std::uint32_t pid) {
  const auto directory = ProcessDirectory::open(files, procfs, pid);
  if (!directory) {
    return directory.error();
  }
  const auto file = directory->open_file("stat");
  if (!file) {
    return file.error();
  }
  const auto stat = read_stat(*directory, *file);
  if (!stat) {
    return stat.error();
  }
  return stat->start_ticks;
}

}  // namespace efa
