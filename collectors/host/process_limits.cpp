#include "collectors/host/process_limits.h"

#include <fcntl.h>

#include "collectors/base/number.h"
#include "collectors/proc/stat_text.h"

namespace efa {
namespace {

std::optional<std::uint64_t> parse_limit(std::string_view word) {
  return word == "unlimited" ? MemlockLimit::unlimited : parse_u64(word);
}

}  // namespace

std::optional<MemlockLimit> parse_memlock_limit(std::string_view text) {
  constexpr std::string_view key = "Max locked memory ";
  while (!text.empty()) {
    std::string_view line = take_line(text);
    if (!line.starts_with(key)) {
      continue;
    }
    line.remove_prefix(key.size());
    const auto soft = parse_limit(take_word(line));
    const auto hard = parse_limit(take_word(line));
    if (!soft || !hard) {
      return std::nullopt;
    }
    return MemlockLimit{*soft, *hard};
  }
  return std::nullopt;
}

Result<MemlockLimit> read_memlock_limit(Files& files, const std::string& procfs,
                                        std::uint32_t pid) {
  const std::string path = procfs + '/' + std::to_string(pid) + "/limits";
  const auto text = files.read_text(AT_FDCWD, path.c_str());
  if (!text) {
    Error error = text.error();
    error.context = path;
    return error;
  }
  const auto limit = parse_memlock_limit(*text);
  if (!limit) {
    return Error{Reason::malformed, 0, path};
  }
  return *limit;
}

std::optional<std::uint64_t> read_ptrace_scope(HostFiles& files) {
  return files.number(files.below_procfs("/sys/kernel/yama/ptrace_scope"));
}

}  // namespace efa
