#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/base/files.h"
#include "collectors/catalogue/hw_counters.h"
#include "collectors/health/check.h"
#include "tests/host/host_tree.h"
#include "tests/support/catch.h"

namespace efa::test {

/// A host on which a job runs on EFA and all is well, until a test breaks one thing in its files
/// (`tree`) or in what is made of them (`view()`).
struct MadeHost {
  explicit MadeHost(HostTree::Kind kind) : tree(kind), is_p5(kind != HostTree::c5n_centos_7_6) {}

  HostTree tree;
  bool is_p5;

  [[nodiscard]] HealthView view() const {
    HealthView view;
    PosixFiles files;
    view.host = read_host_facts(files, tree.paths());
    view.now = reading(*view.host);
    view.instance.source = IdentitySource::imds;
    view.instance.instance_id = "i-0123456789abcdef0";
    view.instance.instance_type = is_p5 ? "p5.48xlarge" : "c5n.18xlarge";
    view.instance.interfaces.resize(view.now->devices.size());
    view.ownership.emplace();
    view.ownership->owners.resize(1);
    const MemlockLimit unlimited{MemlockLimit::unlimited, MemlockLimit::unlimited};
    view.holders = {{77, "slurm:1234.0", "python3", unlimited, Environment()},
                    {78, "slurm:1234.0", "python3", unlimited, Environment()}};
    view.caller_memlock = unlimited;
    view.caller_environment.emplace();
    view.agent.emplace();
    view.agent->address = "http://localhost:10045/";
    view.agent->config_file = "/etc/efa-agent/efa-agent.yaml";
    view.agent->descriptors = 8192;
    return view;
  }

 private:
  // A device for each node, with the counters of a driver of its time.
  [[nodiscard]] std::shared_ptr<const Reading> reading(const HostFacts& host) const {
    auto reading = std::make_shared<Reading>();
    const KernelModule* driver = find_module(host.modules, "efa");
    for (const UverbsNode& node : host.uverbs->nodes) {
      auto layout = std::make_shared<DeviceLayout>();
      layout->attributes.name = node.device;
      layout->attributes.driver_version = driver->version;
      layout->attributes.p2p = is_p5 ? "NVIDIA" : "";
      for (const MetricSpec& spec : hw_counters) {
        if (is_p5 || !spec.source.starts_with("retrans")) {
          layout->counters.push_back({&spec, std::string(spec.source), "1", "1"});
        }
      }
      DeviceReading& device = reading->devices.emplace_back();
      device.reset(std::move(layout));
      device.state = DeviceState::up;
      std::fill(device.present.begin(), device.present.end(), 1);
    }
    return reading;
  }
};

/// What is nowhere: no devices, no functions on the bus.
inline HealthView view_without_efa() {
  HealthView view = MadeHost(HostTree::p5_amazon_linux_2023).view();
  view.now = std::make_shared<Reading>();
  view.host->efa_functions.emplace();
  return view;
}

/// A reading like `view.now` in which `change` was made to each device.
template <typename Change>
void change_devices(HealthView& view, Change change) {
  auto changed = std::make_shared<Reading>(*view.now);
  for (DeviceReading& device : changed->devices) {
    auto layout = std::make_shared<DeviceLayout>(*device.layout);
    change(device, *layout);
    device.layout = std::move(layout);
  }
  view.now = std::move(changed);
}

inline const Check& check_of(std::span<const Check> group, std::string_view code) {
  const auto check =
      std::find_if(group.begin(), group.end(), [&](const Check& one) { return one.code == code; });
  REQUIRE(check != group.end());
  return *check;
}

/// What the check says; it has to come to `verdict`, and to say what is to be done.
inline Finding judged(const Check& check, const HealthView& view, Verdict verdict) {
  const Finding finding = check.judge(view);
  CAPTURE(check.code, finding.found, finding.fix);
  CHECK(to_string(finding.verdict) == to_string(verdict));
  CHECK_FALSE(finding.found.empty());
  CHECK_FALSE(finding.found.ends_with('.'));
  CHECK(finding.fix.empty() == (finding.verdict == Verdict::pass));
  CHECK((finding.verdict != Verdict::fail || check.worst == Verdict::fail));
  return finding;
}

inline bool says(const std::string& text, std::string_view words) {
  const bool does = text.find(words) != std::string::npos;
  UNSCOPED_INFO(text);
  return does;
}

/// The codes of a group are `prefix` and numbers in order, and every check has its words.
inline void keeps_the_form(std::span<const Check> group, std::string_view prefix) {
  REQUIRE_FALSE(group.empty());
  for (std::size_t i = 0; i < group.size(); ++i) {
    const Check& check = group[i];
    CAPTURE(check.code);
    const std::string number = std::to_string(i + 1);
    CHECK(check.code == std::string(prefix) + (number.size() == 1 ? "0" : "") + number);
    CHECK_FALSE(check.title.empty());
    CHECK_FALSE(check.title.ends_with('.'));
    CHECK(check.why.ends_with('.'));
    CHECK(check.why.find(". ") == std::string_view::npos);
  }
}

/// A host that is well passes all of a group, and one of which nothing is known none of it.
inline void passes_if_well(std::span<const Check> group) {
  for (const auto kind : {HostTree::p5_amazon_linux_2023, HostTree::p5_ubuntu_22_04}) {
    const HealthView view = MadeHost(kind).view();
    for (const Check& check : group) {
      judged(check, view, Verdict::pass);
    }
  }
  for (const Check& check : group) {
    judged(check, HealthView(), Verdict::unknown);
  }
}

}  // namespace efa::test
