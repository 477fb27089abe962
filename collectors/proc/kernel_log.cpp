#include "collectors/proc/kernel_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>

#include "collectors/base/unique_fd.h"
#include "collectors/workload/workload.h"

namespace efa {
namespace {

constexpr std::size_t longest_record = 8192;  // the kernel's own limit
constexpr std::size_t longest_line = 512;
constexpr std::size_t most_records = 1'000'000;

}  // namespace

std::string_view text_of_record(std::string_view record) {
  const std::size_t begin = record.find(';');
  if (begin == std::string_view::npos) {
    return {};
  }
  record.remove_prefix(begin + 1);
  return record.substr(0, record.find('\n'));  // " SUBSYSTEM=..." follows
}

Result<std::vector<std::string>> read_kernel_log(const std::string& path,
                                                 std::span<const std::string_view> words,
                                                 std::size_t most) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file) {
    return Error::from_errno(errno, path);
  }
  std::deque<std::string> lines;
  std::array<char, longest_record> record;  // filled by the read
  for (std::size_t i = 0; i < most_records; ++i) {
    const ssize_t size = ::read(file.get(), record.data(), record.size());
    if (size < 0 && (errno == EPIPE || errno == EINTR)) {
      continue;  // overwritten meanwhile: the next one is there
    }
    if (size < 0 && errno != EAGAIN) {
      return Error::from_errno(errno, path);
    }
    if (size <= 0) {
      break;
    }
    const auto text = text_of_record({record.data(), static_cast<std::size_t>(size)});
    const bool is_wanted = std::any_of(words.begin(), words.end(), [&](std::string_view word) {
      return text.find(word) != std::string_view::npos;
    });
    if (is_wanted) {
      lines.push_back(clean_text(text, longest_line));
      if (lines.size() > most) {
        lines.pop_front();
      }
    }
  }
  return std::vector<std::string>(lines.begin(), lines.end());
}

}  // namespace efa
