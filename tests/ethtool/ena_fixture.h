#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "collectors/ena.h"
#include "tests/ethtool/fake_ethtool.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recording_sink.h"

namespace efa::test {

inline constexpr auto mac_5 = "02:00:00:00:00:05";
inline constexpr auto mac_6 = "02:00:00:00:00:06";

// The interfaces of a host, which a test may change between readings and may hold up.
class EnaHost {
 public:
  explicit EnaHost(const Clock& clock) : clock_(clock) {}

  EnaReading read() {
    std::unique_lock lock(mutex_);
    const SteadyTime started = clock_.now();
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    EnaReading reading = now_;
    reading.started = started;
    return reading;
  }
  void set(EnaReading reading) {
    const std::lock_guard lock(mutex_);
    now_ = std::move(reading);
  }
  void hold(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  void await(std::uint64_t begun) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ >= begun; });
  }

 private:
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  EnaReading now_;
  std::uint64_t begun_ = 0;
  bool held_ = false;
};

inline EnaInterfaceReading made_interface(const std::string& name, const std::string& mac,
                                          const FakeEthtool::Interface& of, bool queues = false) {
  EnaInterfaceReading one;
  one.interface = std::make_shared<const EnaInterface>(EnaInterface{name, mac, of.bus_info});
  auto names = std::make_shared<std::vector<std::string>>();
  const auto wanted = wanted_ena_statistics(queues);
  for (const auto& [statistic, value] : of.statistics) {
    if (wanted(statistic)) {
      names->push_back(statistic);
      one.statistics.values.emplace_back(value);
    }
  }
  one.statistics.names = std::move(names);
  one.carrier = true;
  one.rx_bytes = 2000;
  one.tx_bytes = 1000;
  return one;
}

inline EnaReading two_interfaces(bool queues = false) {
  EnaReading reading;
  reading.interfaces = {made_interface("ens5", mac_5, ena_2_17("0000:00:05.0"), queues),
                        made_interface("ens6", mac_6, ena_2_2_10("0000:00:06.0"), queues)};
  return reading;
}

// What one scrape published.
class Scrape {
 public:
  Scrape(Ena& ena, bool expected) {
    CHECK(ena.collect(Reading(), *sink_) == expected);
    CHECK(sink_->families_are_contiguous());
    CHECK(sink_->series_are_unique());
  }
  const RecordingSink* operator->() const { return sink_.get(); }

 private:
  std::unique_ptr<RecordingSink> sink_ = std::make_unique<RecordingSink>();
};

struct EnaFixture {
  // Left to the thread, which may outlive the test.
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
  std::shared_ptr<EnaHost> host = std::make_shared<EnaHost>(*clock);
  std::shared_ptr<const Ena::NetworkCards> cards;
  std::vector<std::string> asked_for;
  Ena ena{std::make_shared<EnaRefresher>(
              [host = host, clock = clock](const std::monostate&) { return host->read(); }, *clock,
              std::chrono::seconds(10)),
          [this](const std::vector<std::string>& macs) {
            asked_for = macs;
            return cards;
          },
          *clock, std::chrono::seconds(10), std::chrono::seconds(60)};

  explicit EnaFixture(EnaReading reading = two_interfaces()) { host->set(std::move(reading)); }

  void devices(const DeviceLayouts& devices) {
    RecordingSink plan;
    ena.describe(devices, plan);
    CHECK(plan.series().empty());
  }
  Scrape collect(bool expected = true) { return {ena, expected}; }
  // Until what is published is what `is_new` looks for.
  template <typename IsNew>
  void collect_until(const IsNew& is_new) {
    while (true) {
      RecordingSink sink;
      (void)ena.collect(Reading(), sink);
      if (is_new(sink)) {
        return;
      }
    }
  }
};

// The labels of ena_info.
inline std::string info(const std::string& interface, const std::string& mac,
                        const std::string& pci, const std::string& card,
                        const std::string& device) {
  return "interface=\"" + interface + "\",mac=\"" + mac + "\",pci_address=\"" + pci +
         "\",network_card=\"" + card + "\",device=\"" + device + '"';
}
inline std::string info_5(const std::string& card, const std::string& device) {
  return info("ens5", mac_5, "0000:00:05.0", card, device);
}
inline std::string info_6(const std::string& card, const std::string& device) {
  return info("ens6", mac_6, "0000:00:06.0", card, device);
}

}  // namespace efa::test
