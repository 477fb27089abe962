#include "agent/simulation/host_layout.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/instance_types.h"
#include "tests/support/catch.h"

namespace efa {
namespace {

HostLayout layout_of(const std::string& instance_type) {
  auto layout = host_layout(instance_type);
  REQUIRE(layout);
  return *layout;
}

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

TEST_CASE("the rate is what the driver's table makes of a link") {
  CHECK(rate_text(800) == "400 Gb/sec (8X HDR)");
  CHECK(rate_text(400) == "400 Gb/sec (8X HDR)");
  CHECK(rate_text(350) == "200 Gb/sec (4X HDR)");
  CHECK(rate_text(133.33) == "120 Gb/sec (12X FDR10)");
  CHECK(rate_text(100) == "100 Gb/sec (4X EDR)");
  CHECK(rate_text(75) == "60 Gb/sec (12X DDR)");
  CHECK(rate_text(56.25) == "50 Gb/sec (1X HDR)");
  CHECK(rate_text(40) == "40 Gb/sec (4X FDR10)");
  CHECK(rate_text(37.5) == "30 Gb/sec (12X SDR)");
  CHECK(rate_text(25) == "25 Gb/sec (1X EDR)");
  CHECK(rate_text(10) == "25 Gb/sec (1X EDR)");
}

TEST_CASE(
    "every type whose number of devices is published can be simulated, each device with its own "
    "name") {
  std::vector<std::string_view> refused;
  for (const InstanceType& type : instance_types()) {
    INFO(type.name);
    const auto layout = host_layout(std::string(type.name));
    if (!layout) {
      refused.push_back(type.name);
      continue;
    }
    std::set<std::string> names;
    std::set<std::string> addresses;
    std::set<std::string> gids;
    for (const SimulatedDevice& device : layout->devices) {
      names.insert(device.name);
      addresses.insert(device.pci_address);
      gids.insert(device.gid);
      CHECK(device.pci_address.size() == 12);
    }
    CHECK(layout->job.devices == type.max_efa_interfaces);
    CHECK(names.size() == layout->devices.size());
    CHECK(addresses.size() == layout->devices.size());
    CHECK(gids.size() == layout->devices.size());
    CHECK(layout->job.bytes_per_second > 0);
  }
  CHECK(refused == std::vector<std::string_view>{"r9g.48xlarge", "r9g.metal-48xl", "r9gd.48xlarge",
                                                 "r9gd.metal-48xl", "u7inh-32tb.480xlarge"});
}

TEST_CASE("a type whose number of devices is not published is refused and says so") {
  const auto layout = host_layout("r9g.48xlarge");
  REQUIRE_FALSE(layout);
  CHECK(contains(layout.error().message(), "r9g.48xlarge"));
  CHECK(contains(layout.error().message(), "not published"));
}

TEST_CASE("a type that is like no other is refused without a guess, but with examples") {
  const auto layout = host_layout("banana");
  REQUIRE_FALSE(layout);
  CHECK_FALSE(contains(layout.error().message(), "did you mean"));
  CHECK(contains(layout.error().message(), "p5.48xlarge"));
}

TEST_CASE("the devices of a p5 stand beside its eight GPUs, four to each, half on each NUMA node") {
  const HostLayout p5 = layout_of("p5.48xlarge");
  REQUIRE(p5.devices.size() == 32);
  CHECK(p5.devices.front().name == "rdmap79s0");
  CHECK(p5.devices.front().pci_address == "0000:4f:00.0");
  CHECK(p5.devices[3].name == "rdmap82s0");
  CHECK(p5.devices[4].name == "rdmap96s0");
  CHECK(p5.devices.back().name == "rdmap201s0");
  CHECK(p5.devices[15].numa_node == "0");
  CHECK(p5.devices[16].numa_node == "1");
}

TEST_CASE("a job moves data by the best the type's devices can do") {
  CHECK(layout_of("p5.48xlarge").job.transport == Transport::rdma_write);
  CHECK(layout_of("p4d.24xlarge").job.transport == Transport::rdma_read);
  CHECK(layout_of("c5n.18xlarge").job.transport == Transport::send);
  CHECK(layout_of("p5.48xlarge").job.counts_retransmissions);
  CHECK_FALSE(layout_of("p4d.24xlarge").job.counts_retransmissions);
}

TEST_CASE(
    "a device moves at the rate of its share of the cards, but never above what its port reports") {
  CHECK(layout_of("p5.48xlarge").job.bytes_per_second == 12'500'000'000);
  CHECK(layout_of("p6-b300.48xlarge").job.bytes_per_second == 50'000'000'000);
  const HostLayout hpc8a = layout_of("hpc8a.96xlarge");  // 150 Gb/s each
  CHECK(hpc8a.rate == "120 Gb/sec (12X FDR10)");
  CHECK(hpc8a.job.bytes_per_second == 15'000'000'000);
}

TEST_CASE("devices read from NVIDIA GPUs and Trainium directly, and from nothing else") {
  CHECK(layout_of("p5.48xlarge").p2p == "NVIDIA");
  CHECK(layout_of("trn1.32xlarge").p2p == "NEURON");
  CHECK(layout_of("trn2.48xlarge").p2p == "NEURON");
  CHECK(layout_of("c5n.18xlarge").p2p.empty());
  CHECK(layout_of("dl2q.24xlarge").p2p.empty());
}

TEST_CASE("only p6-b200 has devices of another vendor") {
  for (const InstanceType& type : instance_types()) {
    const auto layout = host_layout(std::string(type.name));
    const std::size_t foreign = layout ? layout->devices.size() - layout->job.devices : 0;
    INFO(type.name);
    CHECK(foreign == (type.name == "p6-b200.48xlarge" ? 2U : 0U));
  }
}

}  // namespace
}  // namespace efa
