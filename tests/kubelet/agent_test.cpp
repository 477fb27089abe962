#include "agent/agent.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "collectors/kubelet/podresources.grpc.pb.h"
#include "tests/support/catch.h"
#include "tests/support/sysfs_tree.h"
#include "tests/support/temp_dir.h"

namespace efa::test {
namespace {

class Lister final : public v1::PodResourcesLister::Service {
 public:
  grpc::Status List(grpc::ServerContext* /*context*/, const v1::ListPodResourcesRequest*,
                    v1::ListPodResourcesResponse* answer) override {
    auto& pod = *answer->add_pod_resources();
    pod.set_name("train-0");
    pod.set_namespace_("ml");
    auto& container = *pod.add_containers();
    container.set_name("worker");
    auto& devices = *container.add_devices();
    devices.set_resource_name("vpc.amazonaws.com/efa");
    devices.add_device_ids("rdmap79s0");
    return grpc::Status::OK;
  }
};

TEST_CASE("the agent publishes which pod a device was allocated to, as the kubelet tells") {
  const TempDir directory;
  SysfsTree tree;
  tree.device("rdmap79s0").pci("0000:4f:00.0");
  tree.device("rdmap80s0").pci("0000:50:00.0");
  Lister lister;
  Config config;
  config.path.sysfs = tree.root();
  config.path.pod_resources = directory.path() / "kubelet.sock";
  config.collectors.allocations = true;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + config.path.pod_resources, grpc::InsecureServerCredentials());
  builder.RegisterService(&lister);
  const auto server = builder.BuildAndStart();
  REQUIRE(server);

  Agent agent(config, std::nullopt, 1024, Agent::Purpose::serve);
  const std::string wanted =
      "\nefa_device_allocation_info{device=\"rdmap79s0\",namespace=\"ml\",pod=\"train-0\","
      "container=\"worker\",resource=\"vpc.amazonaws.com/efa\"} 1\n";
  std::string text;
  while (text.find(wanted) == std::string::npos) {  // no scrape waits for the kubelet
    text.clear();
    agent.scrape(text, TextFormat::prometheus);
  }
  CHECK(text.find("efa_device_allocation_info{device=\"rdmap80s0\"") == std::string::npos);
}

}  // namespace
}  // namespace efa::test
