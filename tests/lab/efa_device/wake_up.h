#pragma once

#include "collectors/base/unique_fd.h"

namespace efa::lab {

/// Makes a poll loop return, from any thread.
///
/// Errors   the constructor throws std::system_error
/// Threads  safe to call concurrently
class WakeUp {
 public:
  WakeUp();

  /// Readable from ring() to clear().
  [[nodiscard]] int descriptor() const { return event_.get(); }
  void ring() const;
  void clear() const;

 private:
  UniqueFd event_;
};

}  // namespace efa::lab
