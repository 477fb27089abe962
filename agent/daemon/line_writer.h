#pragma once

#include <cstdint>
#include <string_view>

#include "collectors/base/unique_fd.h"

namespace efa::log {

/// Writes lines to a descriptor of any kind, and never waits for whoever reads them.
///
/// Errors   a line is lost, and write() says so: the reader has gone (EPIPE; SIGPIPE must be
/// ignored
///          for pipes) or does not read (EAGAIN), the disk is full, the descriptor is closed
/// Cost     a poll and a write a line
/// Threads  one at a time
class LineWriter {
 public:
  /// Does not own `fd`, and leaves its flags alone: O_NONBLOCK would be seen by all who share
  /// the terminal or the pipe. Takes a description of its own where the kernel allows.
  explicit LineWriter(int fd);

  /// Whether the whole line was taken. A line lost half way is closed by a newline before the next.
  bool write(std::string_view line);

 private:
  bool put(std::string_view text);

  int fd_;
  UniqueFd own_;
  bool is_socket_ = false;
  bool torn_ = false;
};

}  // namespace efa::log
