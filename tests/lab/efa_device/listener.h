#pragma once

#include <string>

#include "collectors/base/unique_fd.h"

namespace efa::lab {

/// A UNIX socket in the file system that clients connect to; its name goes when it does.
///
/// Errors   the constructor throws std::system_error, std::invalid_argument for a path too long
class Listener {
 public:
  /// Takes the place of a socket that an earlier process left behind.
  explicit Listener(std::string path);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  [[nodiscard]] int descriptor() const { return socket_.get(); }
  /// The next client, without waiting; empty if there is none.
  [[nodiscard]] UniqueFd accept() const;

 private:
  std::string path_;
  UniqueFd socket_;
};

}  // namespace efa::lab
