#include "config/config_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace efa {
namespace {

std::string errno_text(int errno_value) { return std::generic_category().message(errno_value); }

/// Why a file is not read, or the bytes of it in `text`.
std::string read_file(int fd, std::string& text) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return errno_text(errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return S_ISDIR(status.st_mode) ? "is a directory; allowed is a file" : "is not a regular file";
  }
  std::array<char, 16384> buffer{};
  while (text.size() <= largest_config_file) {
    const ssize_t size = ::read(fd, buffer.data(), buffer.size());
    if (size == 0) {
      return {};
    }
    if (size > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(size));
    } else if (errno != EINTR) {
      return errno_text(errno);
    }
  }
  return config_file_too_large;
}

}  // namespace

std::string read_config_file(const std::string& path, std::string& text) {
  // Not to block on a FIFO; regular files do not care.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return errno_text(errno);
  }
  std::string problem = read_file(fd, text);
  ::close(fd);
  return problem;
}

}  // namespace efa
