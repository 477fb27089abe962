#include "collectors/kubelet/pod_resources_answer.h"

#include <string_view>

#include "collectors/kubelet/podresources.pb.h"
#include "tests/support/catch.h"

namespace efa::test {
namespace {

using Entries = std::vector<PodAllocation>;

constexpr const char* efa_resource = "vpc.amazonaws.com/efa";

v1::ContainerResources& add_container(v1::ListPodResourcesResponse& answer, const char* pod,
                                      const char* container) {
  auto& added = *answer.add_pod_resources();
  added.set_name(pod);
  added.set_namespace_("ml");
  auto& resources = *added.add_containers();
  resources.set_name(container);
  return resources;
}

void add_device(v1::ContainerResources& container, const char* resource, const char* id) {
  auto& devices = *container.add_devices();
  devices.set_resource_name(resource);
  devices.add_device_ids(id);
}

void add_claim(v1::ContainerResources& container, const char* driver, const char* device) {
  auto& claimed = *container.add_dynamic_resources()->add_claim_resources();
  claimed.set_driver_name(driver);
  claimed.set_device_name(device);
}

// A length-delimited field, as it is on the wire.
std::string field(unsigned number, std::string_view payload) {
  REQUIRE(payload.size() < 1U << 14U);
  std::string bytes(1, static_cast<char>(number << 3U | 2U));
  bytes += static_cast<char>((payload.size() & 0x7fU) | 0x80U);
  bytes += static_cast<char>(payload.size() >> 7U);
  return bytes.append(payload);
}

TEST_CASE("an answer as the kubelet encodes it is read, with all that is not asked for") {
  const std::string cpu_ids("\x01\x02\x03", 3);
  const std::string topology = field(1, std::string_view("\x08\x01", 2));
  const std::string memory = field(1, "memory") + field(3, topology);
  const std::string devices =
      field(1, efa_resource) + field(2, "rdmap79s0") + field(2, "rdmap80s0") + field(3, topology);
  const std::string claimed = field(1, field(1, "dra.net/device=efa")) + field(2, "dra.net") +
                              field(3, "node-a") + field(4, "pci-0000-00-1f-0") + field(5, "share");
  const std::string dynamic =
      field(1, "class") + field(2, "claim") + field(3, "ml") + field(4, claimed);
  const std::string container = field(1, "main") + field(2, devices) + field(3, cpu_ids) +
                                field(4, memory) + field(5, dynamic);
  const std::string pod = field(1, "train-0") + field(2, "ml") + field(3, container) +
                          field(4, cpu_ids) + field(5, memory);
  v1::ListPodResourcesResponse answer;
  REQUIRE(answer.ParseFromString(field(1, pod)));
  CHECK(efa_allocations(answer) ==
        Entries{{"rdmap79s0", "", "ml", "train-0", "main", efa_resource},
                {"rdmap80s0", "", "ml", "train-0", "main", efa_resource},
                {"", "0000:00:1f.0", "ml", "train-0", "main", "dra.net"}});
}

TEST_CASE("no pods, no containers and no devices are no entries") {
  v1::ListPodResourcesResponse answer;
  CHECK(efa_allocations(answer).empty());
  answer.add_pod_resources();
  add_container(answer, "a", "main").add_devices()->set_resource_name(efa_resource);
  add_container(answer, "a", "main").add_dynamic_resources();
  CHECK(efa_allocations(answer).empty());
}

TEST_CASE("what is no EFA is left out") {
  v1::ListPodResourcesResponse answer;
  auto& container = add_container(answer, "a", "main");
  add_device(container, "nvidia.com/gpu", "GPU-1");
  add_device(container, "vpc.amazonaws.com/efa2", "rdmap79s0");
  add_claim(container, "gpu.nvidia.com", "pci-0000-00-1f-0");
  add_claim(container, "dra.networking.k8s.aws", "pci-0000-00-1f-0");
  CHECK(efa_allocations(answer).empty());
}

TEST_CASE("pods that share a device by DRA, and containers of a pod, have an entry each") {
  v1::ListPodResourcesResponse answer;
  for (const char* pod : {"a", "b"}) {
    add_claim(add_container(answer, pod, "main"), "dra.net", "pci-0001-c9-00-7");
  }
  auto& side = *answer.mutable_pod_resources(1)->add_containers();
  side.set_name("side");
  add_device(side, efa_resource, "rdmap0s6");
  add_claim(side, "dra.net", "pci-0001-c9-00-7");
  CHECK(efa_allocations(answer) == Entries{{"", "0001:c9:00.7", "ml", "a", "main", "dra.net"},
                                           {"", "0001:c9:00.7", "ml", "b", "main", "dra.net"},
                                           {"rdmap0s6", "", "ml", "b", "side", efa_resource},
                                           {"", "0001:c9:00.7", "ml", "b", "side", "dra.net"}});
}

TEST_CASE("a DRA device is known by a PCI address with dashes, and by nothing else") {
  for (const char* device :
       {"", "pci", "eth0", "rdmap0s6", "pci-0000-00-1f", "pci-0000-00-1f-", "pci-0000-00-1f-00",
        "pci-0000-00-1f.0", "pci-0000:00:1f.0", "0000-00-1f-0", "pci-000g-00-1f-0",
        "pci-0000-00-1F-0", "PCI-0000-00-1f-0", "pci-10000-00-1f-0", " pci-0000-00-1f-0"}) {
    INFO(device);
    v1::ListPodResourcesResponse answer;
    add_claim(add_container(answer, "a", "main"), "dra.net", device);
    CHECK(efa_allocations(answer).empty());
  }
}

}  // namespace
}  // namespace efa::test
