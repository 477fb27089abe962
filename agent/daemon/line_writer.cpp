#include "agent/daemon/line_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace efa::log {
namespace {

bool is_writable(int fd) {
  pollfd ready{fd, POLLOUT, 0};
  return ::poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0;
}

// Opened anew, a pipe or terminal can be non-blocking for us alone. Refused if another user
// made it; then poll() alone has to do, which is exact for pipes and lines up to PIPE_BUF.
UniqueFd reopened_without_blocking(int fd) {
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace

LineWriter::LineWriter(int fd) : fd_(fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return;
  }
  is_socket_ = S_ISSOCK(status.st_mode);
  if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) {
    own_ = reopened_without_blocking(fd);
  }
}

bool LineWriter::write(std::string_view line) {
  if (torn_) {
    if (!put("\n")) {
      return false;
    }
    torn_ = false;
  }
  return put(line);
}

bool LineWriter::put(std::string_view text) {
  const int fd = own_ ? own_.get() : fd_;
  const std::size_t whole = text.size();
  while (!text.empty()) {
    ssize_t size = -1;
    if (is_socket_) {
      size = ::send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    } else if (is_writable(fd)) {
      size = ::write(fd, text.data(), text.size());
    } else {
      errno = EAGAIN;
    }
    if (size < 0 && errno == EINTR) {
      continue;
    }
    if (size <= 0) {
      torn_ = torn_ || text.size() < whole;
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

}  // namespace efa::log
