#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "collectors/base/refresher.h"
#include "collectors/collector.h"
#include "collectors/host/facts.h"

namespace efa {

/// What is installed on the host, and what of it changes: huge pages, modules, uverbs nodes. The
/// refreshers say how often each is read; no scrape waits for them but the first, and that one up
/// to `patience` in all.
class HostFactsCollector final : public Collector {
 public:
  static constexpr std::string_view collector_name = "host";
  static constexpr std::chrono::hours facts_interval{1};
  static constexpr std::chrono::seconds state_interval{15};

  using FactsRefresher = Refresher<HostFacts, std::monostate>;
  using StateRefresher = Refresher<HostState, std::vector<std::string>>;  // asked by device names

  HostFactsCollector(std::shared_ptr<FactsRefresher> facts, std::shared_ptr<StateRefresher> state,
                     std::chrono::nanoseconds patience)
      : facts_(std::move(facts)), state_(std::move(state)), patience_(patience) {}

  [[nodiscard]] std::string_view name() const override { return collector_name; }
  void describe(const DeviceLayouts& devices, SeriesPlan& plan) override;
  bool collect(const Reading& reading, SampleSink& sink) override;

 private:
  // What efa_host_info tells of the facts, made when they change.
  struct Texts {
    std::string os;
    std::string open_mpi;
    std::string intel_mpi;
    std::string ofi_nccl;
  };

  void renew(const std::shared_ptr<const HostFacts>& facts);
  void add_info(const HostState& state, SampleSink& sink) const;

  std::shared_ptr<FactsRefresher> facts_;
  std::shared_ptr<StateRefresher> state_;
  std::chrono::nanoseconds patience_;  // of the next scrape
  std::vector<std::string> devices_;
  std::shared_ptr<const HostFacts> shown_;  // what texts_ was made from
  Texts texts_;
};

}  // namespace efa
