#pragma once

#include <chrono>
#include <memory>
#include <variant>
#include <vector>

#include "collectors/base/refresher.h"
#include "collectors/collector.h"
#include "collectors/kubelet/pod_resources.h"

namespace efa {

/// Which containers each device was allocated to, whether or not they use it. Who asks for that is
/// the refresher's business; no scrape but the first waits for it.
class Allocations final : public Collector {
 public:
  static constexpr std::string_view collector_name = "allocations";
  using AllocationRefresher = Refresher<PodAllocations, std::monostate>;

  /// `patience`: how long the first scrape waits to know anything.
  Allocations(std::unique_ptr<AllocationRefresher> refresher, std::chrono::nanoseconds patience)
      : refresher_(std::move(refresher)), patience_(patience) {}

  [[nodiscard]] std::string_view name() const override { return collector_name; }
  void describe(const DeviceLayouts& devices, SeriesPlan& plan) override;
  bool collect(const Reading& reading, SampleSink& sink) override;

 private:
  // One series: belongs to devices_ and shown_.
  struct Row {
    const DeviceAttributes* device;
    const PodAllocation* allocation;
  };

  void renew(const std::shared_ptr<const PodAllocations>& latest);
  void add_rows(const DeviceAttributes& device);

  std::unique_ptr<AllocationRefresher> refresher_;
  std::chrono::nanoseconds patience_;  // of the next scrape
  DeviceLayouts devices_;
  std::shared_ptr<const PodAllocations> shown_;  // what the rows were made from, for these devices
  std::vector<Row> rows_;
};

}  // namespace efa
