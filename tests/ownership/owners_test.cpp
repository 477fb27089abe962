#include "collectors/owners.h"

#include <unistd.h>

#include <algorithm>

#include "collectors/catalogue/agent_metrics.h"
#include "tests/ownership/made_workload.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recording_sink.h"

namespace efa::test {
namespace {

constexpr std::chrono::seconds patience{60};

Owner made_owner(const std::string& name, std::uint64_t start_ticks, const std::string& device) {
  Owner owner;
  owner.workload = made_workload(name, 100, start_ticks);
  owner.processes = 3;
  owner.start_ticks = start_ticks;
  owner.shares.push_back({.device = device, .counts = {}, .registered_bytes = 4096, .ranks = {}});
  owner.shares[0].counts[static_cast<std::size_t>(Resource::mr)] = 2;
  return owner;
}

Ownership made_ownership() {
  Ownership ownership;
  ownership.devices = {{"efa_0", "efa_0"}, {"efa_1", "efa_1"}};
  ownership.resources.push_back({.device = "efa_0", .counts = {1, 2, 3, 4, 5}});
  ownership.resources.push_back({.device = "efa_1", .counts = {}});
  ownership.owners.push_back(made_owner("slurm:7.0", 200, "efa_0"));
  ownership.owners.push_back(made_owner("unit:a.service", 300, "efa_0"));
  return ownership;
}

struct Fixture {
  // Left to the thread, which may outlive the test.
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
  RecordingSink sink;

  std::vector<std::string> devices{"efa_0", "efa_1"};
  std::vector<std::string> addresses;  // of the devices, if they are told

  DeviceLayouts layouts() const {
    DeviceLayouts all;
    for (std::size_t i = 0; i < devices.size(); ++i) {
      DeviceLayout layout;
      layout.attributes.name = devices[i];
      layout.attributes.pci_address = addresses.empty() ? "" : addresses[i];
      all.push_back(std::make_shared<const DeviceLayout>(layout));
    }
    return all;
  }
  bool collect(const Ownership& ownership, std::size_t most = 512) {
    Owners owners(
        std::make_unique<OwnershipRefresher>(
            [ownership, clock = clock](const auto&) { return ownership; }, *clock, patience),
        most, 1'000'000.0, patience);
    owners.describe(layouts(), sink);
    return owners.collect(Reading(), sink);
  }
  [[nodiscard]] double value(std::string_view name, std::string_view labels) const {
    const auto* const found = sink.find(name, labels);
    REQUIRE(found != nullptr);
    return found->value;
  }
};

TEST_CASE("what a device has of each kind is told, and by how many workloads it is held") {
  Fixture f;
  CHECK(f.collect(made_ownership()));
  CHECK(f.value("efa_device_resources", R"(device="efa_0",type="qp")") == 1);
  CHECK(f.value("efa_device_resources", R"(device="efa_0",type="ctx")") == 5);
  CHECK(f.sink.find("efa_device_resources", R"(device="efa_1",type="qp")") == nullptr);
  CHECK(f.value("efa_device_owners", R"(device="efa_0")") == 2);
  CHECK(f.value("efa_device_owners", R"(device="efa_1")") == 0);
}

TEST_CASE("an owner is joined to its devices, and told what it holds of them") {
  Fixture f;
  f.collect(made_ownership());
  CHECK(f.value("efa_device_owner_info", R"(device="efa_0",owner="slurm:7.0")") == 1);
  CHECK(f.value("efa_owner_resources", R"(device="efa_0",owner="slurm:7.0",type="mr")") == 2);
  CHECK(f.value("efa_owner_registered_bytes", R"(device="efa_0",owner="slurm:7.0")") == 4096);
  CHECK(f.value("efa_owner_processes", R"(owner="slurm:7.0")") == 3);
  const double seconds = 200.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  CHECK(f.value("efa_owner_start_time_seconds", R"(owner="slurm:7.0")") == 1'000'000.0 + seconds);
}

TEST_CASE("a device that has gone since is not told about, nor an owner that held nothing else") {
  Fixture f;
  f.devices = {"efa_1"};
  Ownership ownership = made_ownership();
  ownership.owners.push_back(made_owner("pod:a/b", 400, "efa_1"));
  CHECK(f.collect(ownership));
  for (const auto& series : f.sink.series()) {
    CHECK(series.labels.find("efa_0") == std::string::npos);
    CHECK(series.labels.find("slurm:7.0") == std::string::npos);
  }
  CHECK(f.value("efa_device_owners", R"(device="efa_1")") == 1);
  CHECK(f.value("efa_owner_processes", R"(owner="pod:a/b")") == 3);
}

TEST_CASE(
    "devices that have changed names are left out until they were asked about by the new ones") {
  Fixture f;
  Ownership ownership = made_ownership();
  ownership.devices = {{"0000:01:00.0", "efa_0"}, {"0000:02:00.0", "efa_1"}};
  ownership.resources[0].device = "0000:01:00.0";
  ownership.resources[1].device = "0000:02:00.0";
  ownership.owners[0].shares[0].device = "0000:01:00.0";
  ownership.owners[1].shares[0].device = "0000:02:00.0";
  f.addresses = {"0000:01:00.0", "0000:02:00.0"};
  CHECK(f.collect(ownership));
  CHECK(f.value("efa_device_owner_info", R"(device="efa_0",owner="slurm:7.0")") == 1);
  CHECK(f.value("efa_device_owner_info", R"(device="efa_1",owner="unit:a.service")") == 1);

  Fixture swapped;
  swapped.addresses = {"0000:02:00.0", "0000:01:00.0"};
  CHECK(swapped.collect(ownership));
  CHECK(swapped.sink.series().empty());
}

TEST_CASE("ranks are told device by device, no more of an owner than the limit") {
  Fixture f;
  Ownership ownership = made_ownership();
  ownership.owners[0].workload.job_name = "train";
  ownership.owners[0].shares[0].ranks = {{"8", "0"}, {"9", "1"}};
  f.collect(ownership);
  CHECK(f.value("efa_device_rank_info",
                R"(device="efa_0",owner="slurm:7.0",rank="8",local_rank="0")") == 1);
  CHECK(f.value("efa_device_rank_info",
                R"(device="efa_0",owner="slurm:7.0",rank="9",local_rank="1")") == 1);

  Fixture limited;
  ownership.owners.resize(1);
  limited.collect(ownership, 1);
  const auto& series = limited.sink.series();
  CHECK(std::count_if(series.begin(), series.end(),
                      [](const auto& one) { return one.name == "efa_device_rank_info"; }) == 1);
}

TEST_CASE("every metric of the catalogue that is about owners is published") {
  Fixture f;
  f.collect(made_ownership());
  for (const MetricSpec& spec : metric::all) {
    if (spec.name.find("_owner") != std::string_view::npos) {
      INFO(spec.name);
      const auto& series = f.sink.series();
      CHECK(std::any_of(series.begin(), series.end(),
                        [&](const auto& one) { return one.name == spec.name; }));
    }
  }
}

TEST_CASE("owners beyond the limit are published as one, without an info series") {
  Fixture f;
  f.collect(made_ownership(), 1);
  CHECK(f.value("efa_owner_resources", R"(device="efa_0",owner="other",type="mr")") == 2);
  CHECK(f.value("efa_owner_processes", R"(owner="other")") == 3);
  CHECK(f.sink.find("efa_owner_start_time_seconds", R"(owner="other")") == nullptr);
  // The number of owners is what it is.
  CHECK(f.value("efa_device_owners", R"(device="efa_0")") == 2);
  for (const auto& series : f.sink.series()) {
    CHECK(
        (series.name != "efa_owner_info" || series.labels.find("slurm:7.0") != std::string::npos));
  }
}

TEST_CASE("what could not be asked, or is hidden, is no success; the rest is published") {
  Fixture f;
  Ownership ownership = made_ownership();
  ownership.hidden = 1;
  CHECK_FALSE(f.collect(ownership));
  CHECK(f.value("efa_owner_processes", R"(owner="slurm:7.0")") == 3);
  ownership.hidden = 0;
  ownership.problem = Error::from_errno(EPERM);
  CHECK_FALSE(f.collect(ownership));
}

}  // namespace
}  // namespace efa::test
