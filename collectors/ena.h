#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "collectors/base/clock.h"
#include "collectors/base/refresher.h"
#include "collectors/catalogue/ena_counters.h"
#include "collectors/collector.h"
#include "collectors/ethtool/ena_reader.h"

namespace efa {

/// What an EnaReader has to read: all of an interface that the catalogue knows, and of its queues
/// if they are wanted.
StatisticsReader::Wanted wanted_ena_statistics(bool queues);

using EnaRefresher = Refresher<EnaReading, std::monostate>;

/// The ENA beside each EFA: statistics, link, and which EFA it belongs to.
///
/// Values are read by a thread of their own, because the driver asks the device for some of them
/// and holds RTNL meanwhile: no scrape waits for that, but the first one for up to `patience`. A
/// scrape that finds the last reading older than `interval` has a new one begun, and publishes the
/// last one: with scrapes that are further apart than that, values are one scrape old. One thread
/// reads all interfaces: RTNL, which a stuck one holds, is one for all of them.
///
/// Errors   a reading that does not return: after `longest_reading` there are no series at all
class Ena final : public Collector {
 public:
  static constexpr std::string_view collector_name = "ena";
  static constexpr std::chrono::seconds default_interval{10};
  static constexpr std::chrono::seconds longest_reading{5};

  /// Network cards by MAC, as far as they are known: of ENA interfaces and EFA devices.
  using NetworkCards = std::map<std::string, std::string, std::less<>>;
  /// Where to look them up; is told the MACs of the ENA interfaces. May give null, and must not
  /// wait. What it gave may not change: if more is known, it gives another one.
  using FindCards =
      std::function<std::shared_ptr<const NetworkCards>(const std::vector<std::string>& macs)>;

  /// `interval`: the refresher's.
  Ena(std::shared_ptr<EnaRefresher> refresher, FindCards find_cards, const Clock& clock,
      std::chrono::nanoseconds interval, std::chrono::nanoseconds patience);

  [[nodiscard]] std::string_view name() const override { return collector_name; }
  void describe(const DeviceLayouts& devices, SeriesPlan& plan) override;
  bool collect(const Reading& reading, SampleSink& sink) override;

 private:
  // Where the values of an interface stand, by row of the catalogue.
  struct Columns {
    struct Queue {
      std::string number;
      std::size_t place;
    };
    std::shared_ptr<const std::vector<std::string>> names;  // which this was made from
    std::array<std::optional<std::size_t>, std::size(ena_counters)> places;
    std::array<std::vector<Queue>, std::size(ena_queue_counters)> queues;
  };
  // What is told of an interface beside its values.
  struct Pairing {
    std::string network_card;
    std::string device;
  };

  static Columns columns_of(std::shared_ptr<const std::vector<std::string>> names);

  [[nodiscard]] bool is_overdue(const std::shared_ptr<const EnaReading>& latest, SteadyTime now);
  void show(const std::shared_ptr<const EnaReading>& latest);
  void pair();
  [[nodiscard]] std::string_view card_of(std::string_view mac) const;
  [[nodiscard]] std::string device_of(const EnaInterface& interface, std::string_view card) const;
  [[nodiscard]] bool has_mac(std::string_view mac) const;
  void add_infos(SampleSink& sink) const;
  void add_traffic(const MetricSpec& spec, std::optional<std::uint64_t> EnaInterfaceReading::*bytes,
                   SampleSink& sink) const;
  void add_counters(SampleSink& sink) const;
  void add_queues(SampleSink& sink) const;

  std::shared_ptr<EnaRefresher> refresher_;
  const FindCards find_cards_;
  const Clock& clock_;
  const std::chrono::nanoseconds interval_;
  std::chrono::nanoseconds patience_;  // of the next scrape
  DeviceLayouts devices_;
  std::shared_ptr<const EnaReading> shown_;
  std::optional<SteadyTime> waiting_since_;  // for the one after that
  std::shared_ptr<const NetworkCards> cards_;
  std::vector<std::string> macs_;  // of the interfaces
  bool is_paired_ = false;
  std::vector<Columns> columns_;   // parallel to the interfaces
  std::vector<Pairing> pairings_;  // parallel
};

}  // namespace efa
