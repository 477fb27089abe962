#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "collectors/health/probe_report.h"

namespace efa {

/// What is known of a device so far: one thread probes it, another tells, also if the first hangs.
///
/// Threads  safe
class ProbeLog {
 public:
  ProbeLog(std::string name, std::string node);

  void begin(ProbeStep step);
  /// `error`: an errno; 0: the step succeeded.
  void end(int error);
  void set_offers(const ProbeOffers& offers);
  /// It is another RDMA device, of which nothing is to be told.
  void set_no_efa();

  /// Nothing: it is no EFA. A step that has not ended is stuck.
  [[nodiscard]] std::optional<ProbedDevice> told() const;

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] double milliseconds_of_step() const;

  mutable std::mutex mutex_;
  ProbedDevice device_;
  std::optional<ProbeStep> under_way_;
  Clock::time_point begin_;
  bool is_efa_ = true;
};

}  // namespace efa
