#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/base/refresher.h"
#include "collectors/collector.h"
#include "collectors/ownership/ownership.h"

namespace efa {

using OwnershipRefresher = Refresher<Ownership, std::vector<NamedDevice>>;

/// What each device has of queue pairs, memory regions and so on, and which workloads hold it.
class Owners final : public Collector {
 public:
  static constexpr std::string_view collector_name = "owners";

  /// `most`: owners that are told apart, and ranks of one owner on one device. `boot_time`: since
  /// the epoch, in seconds, if that is known. `patience`: how long the first scrape waits to know
  /// anything.
  Owners(std::shared_ptr<OwnershipRefresher> refresher, std::size_t most,
         std::optional<double> boot_time, std::chrono::nanoseconds patience)
      : refresher_(std::move(refresher)), most_(most), boot_time_(boot_time), patience_(patience) {}

  [[nodiscard]] std::string_view name() const override { return collector_name; }
  void describe(const DeviceLayouts& devices, SeriesPlan& plan) override;
  bool collect(const Reading& reading, SampleSink& sink) override;

 private:
  void renew(const std::shared_ptr<const Ownership>& latest);
  void add_devices(SampleSink& sink) const;
  void add_shares(SampleSink& sink) const;
  void add_ranks(SampleSink& sink) const;
  void add_owners(SampleSink& sink) const;

  std::shared_ptr<OwnershipRefresher> refresher_;
  const std::size_t most_;
  const std::optional<double> boot_time_;
  std::chrono::nanoseconds patience_;  // of the next scrape
  std::vector<NamedDevice> devices_;
  std::shared_ptr<const Ownership> shown_;  // what the following was made from, for these devices
  std::vector<DeviceResources> resources_;
  std::vector<std::ptrdiff_t> owner_counts_;  // parallel to resources_
  std::vector<Owner> owners_;                 // no more than are told apart
};

}  // namespace efa
