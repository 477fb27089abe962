#include "agent/doctor/gather.h"

#include <cstdlib>
#include <future>
#include <string>

#include "tests/host/host_tree.h"
#include "tests/imds/fake_imds.h"
#include "tests/support/catch.h"
#include "tests/support/faulty_files.h"
#include "tests/support/kept.h"
#include "tests/workload/fake_proc.h"

namespace efa::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A host of which something may hang.
struct Host {
  Host() {
    const HostPaths paths = tree.paths();
    loaded.config.path.root = paths.root;
    loaded.config.path.sysfs = paths.sysfs;
    loaded.config.path.procfs = paths.procfs;
    loaded.config.instance.imds = false;
    loaded.config.web.listen_addresses = {"127.0.0.1:1"};
  }
  // Whatever hangs goes on after a minute, so that a test fails and does not hang with it.
  HealthView gather(const GatherPatience& patience) {
    auto gathered = std::async(std::launch::async, [&] {
      return gather_view(loaded, "efa-agent.yaml", files, clock, {}, patience);
    });
    CHECK(gathered.wait_for(seconds(60)) == std::future_status::ready);
    files.release_all();
    return gathered.get();
  }

  HostTree tree{HostTree::p5_ubuntu_22_04};
  LoadedConfig loaded;
  FaultyFiles& files = kept<FaultyFiles>();
  const MonotonicClock& clock = kept<MonotonicClock>();
};

TEST_CASE("what is installed is found where nothing hangs") {
  Host host;
  const HealthView view = host.gather({});
  REQUIRE(view.host);
  CHECK_FALSE(view.host->efa_installer.empty());
}

TEST_CASE("a file system that hangs costs what is on it, and not doctor itself") {
  Host host;
  host.files.block_reads("opt/amazon/efa_installed_packages");
  GatherPatience patience;
  patience.files = milliseconds(100);
  const HealthView view = host.gather(patience);
  CHECK_FALSE(view.host);
  CHECK(view.now->devices.size() == 32);
}

TEST_CASE("a worker that was forked with the plugin mapped is told with its parent") {
  Host host;
  for (const std::uint32_t pid : {20U, 21U}) {
    const std::string process = "/proc/" + std::to_string(pid);
    host.tree.write(process + "/stat", FakeProc::stat_of({pid, 0, "python", pid - 1}));
    host.tree.write(process + "/maps", "1-2 r-xp 0 0:0 1 /opt/lib/libnccl-net.so\n");
  }
  const HealthView view = host.gather({});
  REQUIRE(view.library_users);
  REQUIRE(view.library_users->size() == 1);
  CHECK(view.library_users->front().pid == 20);
}

// The endpoint for those who ask for instance metadata, as long as this lives.
struct Endpoint {
  explicit Endpoint(const std::string& url) {
    ::setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.c_str(), 1);
    ::setenv("AWS_EC2_METADATA_DISABLED", "", 1);
  }
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;
  ~Endpoint() {
    ::unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    ::setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
  }
};

TEST_CASE("while IMDS does not answer the firmware tells the type, and the problem is told") {
  MetadataService service{MetadataTree()};
  FakeImds imds(service);
  imds.behave(FakeImds::Manner::silent);
  const Endpoint endpoint(imds.url());
  Host host;
  host.loaded.config.instance.imds = true;
  GatherPatience patience;
  patience.instance = milliseconds(1);
  const HealthView view = host.gather(patience);
  CHECK(view.instance.instance_type == "p5.48xlarge");
  REQUIRE(view.instance.problem);
  CHECK(view.instance.problem->reason == Reason::timeout);
}

}  // namespace
}  // namespace efa::test
