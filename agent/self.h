#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "collectors/collector.h"

namespace efa {

/// What the HTTP side counts about itself.
///
/// Threads  safe to call concurrently
class SelfStatistics {
 public:
  struct Scrapes {
    std::uint64_t count = 0;
    double seconds = 0;
  };

  void count_request(int status);
  void count_scrape(std::chrono::nanoseconds duration);

  /// Requests by status code, 100 to 599; others are counted as 599.
  [[nodiscard]] std::uint64_t requests(int status) const { return requests_[index_of(status)]; }
  [[nodiscard]] Scrapes scrapes() const;

  static constexpr int first_status = 100;
  static constexpr int last_status = 599;

 private:
  static std::size_t index_of(int status);

  std::array<std::atomic<std::uint64_t>, last_status - first_status + 1> requests_{};
  mutable std::mutex mutex_;
  Scrapes scrapes_;
};

/// The agent on itself: which it is, and what it was asked.
class Self final : public Collector {
 public:
  /// Without `statistics` it says only which agent this is.
  Self(const SelfStatistics* statistics, bool simulated)
      : statistics_(statistics), simulated_(simulated) {}

  [[nodiscard]] std::string_view name() const override { return "agent"; }
  void describe(const DeviceLayouts& devices, SeriesPlan& plan) override;
  bool collect(const Reading& reading, SampleSink& sink) override;

 private:
  const SelfStatistics* statistics_;
  bool simulated_;
};

}  // namespace efa
