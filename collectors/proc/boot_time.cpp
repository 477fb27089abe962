#include "collectors/proc/boot_time.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <string_view>

#include "collectors/base/number.h"

namespace efa {

std::optional<double> read_boot_time(Files& files, const std::string& procfs) {
  // "btime" stands behind one line a processor and the interrupts: longer than read_text() reads.
  auto fd = files.open(AT_FDCWD, (procfs + "/stat").c_str());
  if (!fd) {
    return std::nullopt;
  }
  std::string text;
  std::array<char, 4096> part;  // filled by the read
  ssize_t size = 0;
  while ((size = ::read(fd->get(), part.data(), part.size())) > 0) {
    text.append(part.data(), static_cast<std::size_t>(size));
  }
  constexpr std::string_view key = "\nbtime ";
  const auto at = text.find(key);
  if (at == std::string::npos) {
    return std::nullopt;
  }
  return parse_leading_decimal(std::string_view(text).substr(at + key.size()));
}

std::optional<std::chrono::seconds> time_since_boot() {
  timespec since_boot{};
  if (::clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0) {
    return std::nullopt;
  }
  return std::chrono::seconds(since_boot.tv_sec);
}

}  // namespace efa
