#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/catalogue/ena_counters.h"
#include "collectors/catalogue/hw_counters.h"
#include "collectors/health/check.h"
#include "tests/support/catch.h"

namespace efa::test {

// Two hosts to change what is wrong in: made_p5() is healthy and busy, made_c5n() is of 2019.

inline std::string two_digits(std::size_t number) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {digits[number / 16 % 16], digits[number % 16]};
}

inline std::shared_ptr<const DeviceLayout> made_layout(std::size_t number, std::string name,
                                                       std::string pci_id) {
  auto layout = std::make_shared<DeviceLayout>();
  layout->attributes.name = std::move(name);
  layout->attributes.pci_address = "0000:" + two_digits(16 + number) + ":1b.0";
  layout->attributes.pci_id = std::move(pci_id);
  layout->attributes.mac = "02:00:00:00:00:" + two_digits(number);
  layout->attributes.ports = {PortAttributes{"1", 12.5e9, 10}};
  for (const MetricSpec& spec : hw_counters) {
    const std::string port = spec.scope == Scope::port ? "1" : "";
    layout->counters.push_back({&spec, std::string(spec.source), port, port});
  }
  return layout;
}

/// Changes a reading, of which others may share the old one.
template <typename Change>
void change_reading(std::shared_ptr<const Reading>& reading, const Change& change) {
  auto changed = std::make_shared<Reading>(*reading);
  change(*changed);
  reading = std::move(changed);
}

template <typename Change>
void change_device(std::shared_ptr<const Reading>& reading, std::size_t number,
                   const Change& change) {
  change_reading(reading, [&](Reading& changed) { change(changed.devices.at(number)); });
}

inline std::size_t place_of(const DeviceReading& device, std::string_view counter) {
  const auto& slots = device.layout->counters;
  const auto found = std::find_if(slots.begin(), slots.end(),
                                  [&](const CounterSlot& slot) { return slot.file == counter; });
  REQUIRE(found != slots.end());
  return static_cast<std::size_t>(found - slots.begin());
}

inline void set_counter(DeviceReading& device, std::string_view counter, std::uint64_t value) {
  device.values[place_of(device, counter)] = value;
}

inline void set_counter(std::shared_ptr<const Reading>& reading, std::size_t number,
                        std::string_view counter, std::uint64_t value) {
  change_device(reading, number, [&](auto& device) { set_counter(device, counter, value); });
}

/// As a driver that is older than the counter has it.
inline void remove_counter(std::shared_ptr<const Reading>& reading, std::size_t number,
                           std::string_view counter) {
  change_device(reading, number,
                [&](auto& device) { device.present[place_of(device, counter)] = 0; });
}

inline void remove_counter(HealthView& view, std::string_view counter) {
  for (std::size_t i = 0; i < view.now->devices.size(); ++i) {
    remove_counter(view.now, i, counter);
    if (view.before) {
      remove_counter(view.before, i, counter);
    }
  }
}

/// A device none of whose counters could be read.
inline void take_down(HealthView& view, std::size_t number, DeviceState state, Reason reason) {
  change_device(view.now, number, [&](DeviceReading& device) {
    device.reset(device.layout);
    device.state = state;
    if (state != DeviceState::stuck) {
      device.problem = Problem{reason, 0, "ports/1/hw_counters/tx_bytes"};
      device.failures[static_cast<std::size_t>(reason)] = 1;
    }
  });
}

/// Judged by totals since boot.
inline void forget_before(HealthView& view) {
  view.before.reset();
  view.ena_before.reset();
  view.between = {};
}

inline void remove_devices(HealthView& view) {
  const auto clear = [](Reading& reading) { reading.devices.clear(); };
  change_reading(view.now, clear);
  forget_before(view);
}

inline EnaReading made_ena(std::uint64_t exceeded) {
  static const auto names =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{
          "bw_in_allowance_exceeded", "bw_out_allowance_exceeded", "pps_allowance_exceeded",
          "conntrack_allowance_exceeded", "linklocal_allowance_exceeded"});
  EnaReading reading;
  EnaInterfaceReading& one = reading.interfaces.emplace_back();
  one.interface = std::make_shared<const EnaInterface>(
      EnaInterface{"ens32", "02:00:00:00:01:00", "0000:10:1a.0"});
  one.statistics.names = names;
  one.statistics.values.assign(names->size(), exceeded);
  one.carrier = true;
  return reading;
}

inline std::shared_ptr<const Reading> made_reading(
    const std::vector<std::shared_ptr<const DeviceLayout>>& layouts, std::uint64_t traffic,
    std::uint64_t keep_alives) {
  auto reading = std::make_shared<Reading>();
  for (const auto& layout : layouts) {
    DeviceReading& device = reading->devices.emplace_back();
    device.reset(layout);
    device.state = DeviceState::up;
    device.present.assign(layout->counters.size(), 1);
    set_counter(device, "tx_bytes", traffic * 4096);
    set_counter(device, "rx_bytes", traffic * 4096);
    set_counter(device, "tx_pkts", traffic);
    set_counter(device, "rx_pkts", traffic);
    set_counter(device, "keep_alive_rcvd", keep_alives);
  }
  reading->read_errors.resize(layouts.size());
  return reading;
}

inline void add_owner(HealthView& view, const std::string& owner) {
  Owner& holder = view.ownership->owners.emplace_back();
  holder.workload.owner = owner;
  holder.processes = 8;
  for (const DeviceReading& device : view.now->devices) {
    Share& share = holder.shares.emplace_back();
    share.device = device.layout->attributes.identity();
    share.counts[static_cast<std::size_t>(Resource::qp)] = 2;
  }
}

inline void add_interfaces(HealthView& view) {
  for (const DeviceReading& device : view.now->devices) {
    const std::string& mac = device.layout->attributes.mac;
    view.instance.interfaces.push_back(
        {mac, "eni-" + mac.substr(15), "subnet-1", "vpc-1", "0", "1", {"sg-1", "sg-2"}, false});
  }
  view.instance.interfaces_complete = true;
  view.instance.interfaces.push_back(
      {"02:00:00:00:01:00", "eni-ena", "subnet-1", "vpc-1", "0", "0", {"sg-1"}, true});
}

/// Every device works.
inline ProbeReport made_probe(const std::vector<std::shared_ptr<const DeviceLayout>>& layouts) {
  ProbeReport report;
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    ProbedDevice& device = report.devices.emplace_back();
    device.name = layouts[i]->attributes.name;
    device.node = "/dev/infiniband/uverbs" + std::to_string(i);
    for (std::size_t step = 0; step < probe_step_count; ++step) {
      device.steps.push_back({static_cast<ProbeStep>(step), ProbeOutcome::ok, {}, {}, 0.5});
    }
    ProbeOffers& offers = device.offers.emplace();
    offers.max_qp = 256;
    offers.max_sq_wr = 4096;
    offers.max_rq_wr = 32768;
    offers.inline_bytes = 32;
    offers.rdma_read = true;
  }
  return report;
}

/// A step of a device did not succeed, and none came after it.
inline void break_probe(HealthView& view, std::size_t device, ProbeStep step,
                        const std::string& error) {
  auto& steps = view.probe->devices.at(device).steps;
  steps.resize(static_cast<std::size_t>(step));
  const ProbeOutcome outcome = error.empty() ? ProbeOutcome::stuck : ProbeOutcome::failed;
  steps.push_back({step, outcome, error, error.empty() ? "" : "text of " + error, 1});
}

inline HealthView made_host(const std::string& type, std::size_t devices,
                            const std::string& pci_id) {
  std::vector<std::shared_ptr<const DeviceLayout>> layouts;
  HealthView view;
  view.host.emplace();
  view.host->efa_functions.emplace();
  for (std::size_t i = 0; i < devices; ++i) {
    layouts.push_back(
        made_layout(i, devices == 1 ? "efa_0" : "rdmap" + std::to_string(16 + i) + "s27", pci_id));
    view.host->efa_functions->push_back({layouts.back()->attributes.pci_address, pci_id, "efa"});
  }
  view.now = made_reading(layouts, 3'000'000, 3010);
  view.before = made_reading(layouts, 2'000'000, 3000);
  view.between = std::chrono::seconds(10);
  view.instance.source = IdentitySource::imds;
  view.instance.instance_id = "i-0123456789abcdef0";
  view.instance.instance_type = type;
  view.instance.availability_zone = "us-east-1a";
  view.instance.availability_zone_id = "use1-az4";
  view.instance.region = "us-east-1";
  view.instance.placement_group = "training";
  add_interfaces(view);
  view.up_for = std::chrono::hours(50);
  view.other_devices.emplace();
  view.ena = made_ena(0);
  view.ena_before = made_ena(0);
  view.ownership.emplace();
  add_owner(view, "slurm:1234.0");
  view.library_users.emplace();
  view.kernel_log.emplace();
  view.is_root = true;
  view.probe = made_probe(layouts);
  return view;
}

inline HealthView made_p5() { return made_host("p5.48xlarge", 32, "1d0f:efa1"); }
inline HealthView made_c5n() { return made_host("c5n.18xlarge", 1, "1d0f:efa0"); }

/// A change of the p5, and what a check then comes to.
struct Case {
  std::string_view code;
  Verdict verdict;
  std::string_view found;  // part of it
  std::string_view fix;    // part of it
  void (*change)(HealthView& view);
};

using Verdicts = std::set<Verdict>;

inline Finding judge(std::span<const Check> checks, std::string_view code, const HealthView& view) {
  const auto check = std::find_if(checks.begin(), checks.end(),
                                  [&](const Check& one) { return one.code == code; });
  REQUIRE(check != checks.end());
  Finding finding = check->judge(view);
  INFO(code << " " << to_string(finding.verdict) << ": " << finding.found << " / " << finding.fix);
  CHECK_FALSE(finding.found.empty());
  CHECK_FALSE(finding.found.ends_with('.'));
  CHECK_FALSE(finding.fix.ends_with('.'));
  const bool is_wrong = finding.verdict == Verdict::warn || finding.verdict == Verdict::fail;
  CHECK((!is_wrong || !finding.fix.empty()));
  CHECK((finding.verdict != Verdict::pass || finding.fix.empty()));
  return finding;
}

/// Makes all cases, and holds that together they bring each check to just the verdicts it can come
/// to.
inline void check_cases(std::span<const Check> checks, std::span<const Case> cases,
                        const std::map<std::string_view, Verdicts>& possible) {
  std::map<std::string_view, Verdicts> reached;
  for (const Case& one : cases) {
    HealthView view = made_p5();
    one.change(view);
    const Finding finding = judge(checks, one.code, view);
    INFO(one.code << " " << to_string(finding.verdict) << ": " << finding.found << " / "
                  << finding.fix);
    CHECK(to_string(finding.verdict) == to_string(one.verdict));
    CHECK(finding.found.find(one.found) != std::string::npos);
    CHECK(finding.fix.find(one.fix) != std::string::npos);
    reached[one.code].insert(finding.verdict);
  }
  CHECK(reached.size() == checks.size());
  CHECK((reached == possible));
  for (const Check& check : checks) {
    INFO(check.code);
    const bool can_fail = possible.at(check.code).count(Verdict::fail) > 0;
    CHECK((check.worst == Verdict::fail) == can_fail);
  }
}

/// What is so of every group: codes of its hundred one after another, words that are sentences, no
/// crash without anything to look at, and nothing passed that was not looked at.
inline void check_group(std::span<const Check> checks, unsigned hundred) {
  std::set<std::string_view> titles;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const Check& check = checks[i];
    INFO(check.code << " " << check.title << ": " << check.why);
    CHECK(check.code == "EFA-" + std::to_string(hundred + i + 1));
    CHECK_FALSE(check.title.empty());
    CHECK_FALSE(check.title.ends_with('.'));
    CHECK(titles.insert(check.title).second);
    CHECK(check.why.ends_with('.'));
    CHECK(std::count(check.why.begin(), check.why.end(), '.') == 1);
    CHECK(judge(checks, check.code, HealthView{}).verdict == Verdict::unknown);
  }
}

}  // namespace efa::test
