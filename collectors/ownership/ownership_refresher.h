#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collectors/ownership/ownership.h"

namespace efa {

/// Keeps an Ownership that is not too old at hand, without making a scrape wait for a new one.
///
/// Cost     a thread, from the first call on; it sleeps but for one reading in `interval`, and that
///          only if somebody asks
/// Threads  safe to call concurrently
class OwnershipRefresher {
 public:
  using Read = std::function<Ownership(const std::vector<std::string>& devices)>;

  /// What `read` refers to must be there until the process ends: the kernel may hold the thread
  /// longer than this lives.
  OwnershipRefresher(Read read, const Clock& clock, std::chrono::nanoseconds interval);
  OwnershipRefresher(const OwnershipRefresher&) = delete;
  OwnershipRefresher& operator=(const OwnershipRefresher&) = delete;
  ~OwnershipRefresher();

  /// The last reading; asks for a new one if that is older than the interval, or of other devices.
  /// Null before the first, for which it waits up to `patience`.
  std::shared_ptr<const Ownership> latest(const std::vector<std::string>& devices,
                                          std::chrono::nanoseconds patience);

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace efa
