#include <cerrno>

#include "collectors/host_facts.h"
#include "tests/host/host_tree.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/faulty_files.h"
#include "tests/support/recording_sink.h"

namespace efa::test {
namespace {

using std::chrono::seconds;

DeviceLayouts layouts(const std::vector<std::string>& names) {
  DeviceLayouts all;
  for (const std::string& name : names) {
    auto layout = std::make_shared<DeviceLayout>();
    layout->attributes.name = name;
    all.push_back(std::move(layout));
  }
  return all;
}

// Shared with the refreshers' threads, which may outlive them.
struct World {
  explicit World(HostTree::Kind kind) : tree(kind) {}

  HostTree tree;
  FaultyFiles files;
  ManualClock clock;
};

class Host {
 public:
  explicit Host(HostTree::Kind kind, std::chrono::nanoseconds patience = seconds(20))
      : world_(std::make_shared<World>(kind)) {
    auto facts = std::make_unique<HostFactsCollector::FactsRefresher>(
        [world = world_](std::monostate) {
          return read_host_facts(world->files, world->tree.paths());
        },
        world_->clock, HostFactsCollector::facts_interval);
    auto state = std::make_unique<HostFactsCollector::StateRefresher>(
        [world = world_](const std::vector<std::string>& devices) {
          return read_host_state(world->files, world->tree.paths(), devices);
        },
        world_->clock, HostFactsCollector::state_interval);
    collector_ = std::make_unique<HostFactsCollector>(std::move(facts), std::move(state), patience);
  }
  ~Host() {
    world_->files.release_all();
    collector_.reset();
    // So that it is this thread that removes the tree.
    while (world_.use_count() > 1) {
      std::this_thread::yield();
    }
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  HostTree& tree() { return world_->tree; }
  FaultyFiles& files() { return world_->files; }
  ManualClock& clock() { return world_->clock; }
  void describe(const std::vector<std::string>& names) {
    RecordingSink plan;
    describe(names, plan);
  }
  void describe(const std::vector<std::string>& names, RecordingSink& plan) {
    collector_->describe(layouts(names), plan);
  }
  /// One scrape; whether it had all.
  bool collect(RecordingSink& sink) { return collector_->collect({}, sink); }
  /// Scrapes until `done`, which is when a reading asked for by one is there for the next.
  template <typename Done>
  bool collect_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + seconds(10);
    while (std::chrono::steady_clock::now() < deadline) {
      RecordingSink sink;
      if (done(collect(sink), sink)) {
        return true;
      }
      std::this_thread::yield();
    }
    return false;
  }

 private:
  std::shared_ptr<World> world_;
  std::unique_ptr<HostFactsCollector> collector_;
};

TEST_CASE("a healthy host of 2019 is published") {
  Host host(HostTree::c5n_centos_7_6);
  host.describe({"efa_0"});
  RecordingSink sink;
  CHECK(host.collect(sink));
  CHECK(sink.families() ==
        std::vector<std::string>{"efa_host_info", "efa_host_hugepages", "efa_host_hugepages_free",
                                 "efa_host_module_loaded", "efa_host_uverbs_nodes"});
  CHECK(sink.series_are_unique());
  CHECK(sink.find("efa_host_info",
                  R"(driver_version="0.9.2g",kernel="3.10.0-957.1.3.el7.x86_64",)"
                  R"x(os="CentOS Linux 7 (Core)",efa_installer_version="1.4.1",)x"
                  R"(libfabric_version="1.8.0amzn1.0",openmpi_version="3.1.4",)"
                  R"(intel_mpi_version="2019.4.243",ofi_nccl_version="")") != nullptr);
  const auto value = [&](std::string_view name, std::string_view labels) {
    const auto* series = sink.find(name, labels);
    return series != nullptr ? series->value : -1;
  };
  CHECK(value("efa_host_hugepages", R"(page_size_bytes="2097152")") == 1024);
  CHECK(value("efa_host_hugepages_free", R"(page_size_bytes="2097152")") == 1024);
  CHECK(value("efa_host_hugepages", R"(page_size_bytes="1073741824")") == 0);
  CHECK(value("efa_host_module_loaded", R"(module="efa")") == 1);
  CHECK(value("efa_host_module_loaded", R"(module="ib_uverbs")") == 1);
  CHECK(value("efa_host_uverbs_nodes", R"(device="efa_0")") == 1);
}

TEST_CASE("of several versions all are told, the oldest first") {
  Host host(HostTree::p5_ubuntu_22_04);
  RecordingSink sink;
  CHECK(host.collect(sink));
  REQUIRE(!sink.series().empty());
  const std::string& labels = sink.series()[0].labels;
  INFO(labels);
  CHECK(labels.find(R"(openmpi_version="4.1.6,5.0.6")") != std::string::npos);
  CHECK(labels.find(R"(intel_mpi_version="2021.9.0,2021.13")") != std::string::npos);
  CHECK(labels.find(R"(ofi_nccl_version="1.13.2-aws")") != std::string::npos);
}

TEST_CASE("the minima are constants") {
  Host host(HostTree::empty);
  RecordingSink plan;
  host.describe({}, plan);
  CHECK(plan.series().size() == 3);
  const auto* row = plan.find("efa_host_minimum_version_info",
                              R"(component="libfabric",minimum="1.7.0",minimum_2019="1.8.0")");
  REQUIRE(row != nullptr);
  CHECK(row->value == 1);
}

TEST_CASE("a module that is not loaded is 0, and its device has no node") {
  Host host(HostTree::c5n_centos_7_6);
  host.tree().remove("/sys/module/ib_uverbs").remove("/sys/class/infiniband_verbs");
  host.describe({"efa_0"});
  RecordingSink sink;
  CHECK(host.collect(sink));
  REQUIRE(sink.find("efa_host_module_loaded", R"(module="ib_uverbs")") != nullptr);
  CHECK(sink.find("efa_host_module_loaded", R"(module="ib_uverbs")")->value == 0);
  REQUIRE(sink.find("efa_host_uverbs_nodes", R"(device="efa_0")") != nullptr);
  CHECK(sink.find("efa_host_uverbs_nodes", R"(device="efa_0")")->value == 0);
}

TEST_CASE("of a host nothing is known of only that is told") {
  Host host(HostTree::empty);
  RecordingSink sink;
  CHECK(host.collect(sink));
  CHECK(sink.families() == std::vector<std::string>{"efa_host_info"});
}

TEST_CASE("what cannot be read is a gap, and the collector had not all") {
  Host host(HostTree::c5n_centos_7_6);
  host.files().fail_read("hugepages-2048kB/nr_hugepages", EIO);
  host.files().fail_open("module/efa/initstate", EACCES);
  RecordingSink sink;
  CHECK_FALSE(host.collect(sink));
  CHECK(sink.find("efa_host_hugepages", R"(page_size_bytes="2097152")") == nullptr);
  CHECK(sink.find("efa_host_hugepages_free", R"(page_size_bytes="2097152")") != nullptr);
  CHECK(sink.find("efa_host_module_loaded", R"(module="efa")") == nullptr);
  CHECK(sink.find("efa_host_module_loaded", R"(module="ib_uverbs")") != nullptr);
}

double free_pages(const RecordingSink& sink) {
  const auto* series = sink.find("efa_host_hugepages_free", R"(page_size_bytes="2097152")");
  return series != nullptr ? series->value : -1;
}

TEST_CASE("huge pages are read again after 15 seconds, versions after an hour") {
  Host host(HostTree::c5n_centos_7_6);
  RecordingSink first;
  CHECK(host.collect(first));
  host.tree().hugepages(2048, 1024, 5);
  host.tree().write("/opt/amazon/efa_installed_packages", "# EFA installer version: 9.9.9\n");
  host.clock().advance(seconds(14));
  RecordingSink soon;
  CHECK(host.collect(soon));
  CHECK(free_pages(soon) == 1024);
  host.clock().advance(seconds(1));
  CHECK(host.collect_until([](bool, const RecordingSink& sink) { return free_pages(sink) == 5; }));
  CHECK(host.files().opens("efa_installed_packages") == 1);
  host.clock().advance(std::chrono::hours(1));
  CHECK(host.collect_until([](bool, const RecordingSink& sink) {
    return sink.series()[0].labels.find("9.9.9") != std::string::npos;
  }));
}

TEST_CASE("a driver that was loaded meanwhile has its version within the hour") {
  Host host(HostTree::c5n_centos_7_6);
  RecordingSink first;
  CHECK(host.collect(first));
  host.tree().module("efa", "1.2.3g");
  host.clock().advance(seconds(15));
  CHECK(host.collect_until([](bool, const RecordingSink& sink) {
    return sink.series()[0].labels.starts_with(R"(driver_version="1.2.3g")");
  }));
}

TEST_CASE("a device that came is not said to be without a node before the nodes are counted") {
  Host host(HostTree::c5n_centos_7_6);
  host.describe({"efa_0"});
  RecordingSink first;
  CHECK(host.collect(first));
  host.tree().device("efa_1", "0xefa0");
  host.files().block_reads("module/efa/initstate");
  host.describe({"efa_0", "efa_1"});
  RecordingSink during;
  CHECK_FALSE(host.collect(during));
  CHECK(during.find("efa_host_uverbs_nodes", R"(device="efa_0")") != nullptr);
  CHECK(during.find("efa_host_uverbs_nodes", R"(device="efa_1")") == nullptr);
  host.files().release_all();
  CHECK(host.collect_until([](bool had_all, const RecordingSink& sink) {
    const auto* series = sink.find("efa_host_uverbs_nodes", R"(device="efa_1")");
    return had_all && series != nullptr && series->value == 1;
  }));
}

TEST_CASE("no scrape waits for a file system that hangs, and the rest is told") {
  Host host(HostTree::c5n_centos_7_6, seconds(0));
  host.files().block_reads("efa_installed_packages");
  RecordingSink first;
  host.collect(first);
  REQUIRE(host.files().wait_for_blocked(1));
  CHECK(host.collect_until([](bool had_all, const RecordingSink& sink) {
    CHECK_FALSE(had_all);
    CHECK(sink.find("efa_host_info") == nullptr);
    return free_pages(sink) == 1024;
  }));
  host.files().release_all();
  CHECK(host.collect_until([](bool had_all, const RecordingSink&) { return had_all; }));
}

TEST_CASE("only the first scrape is patient") {
  Host host(HostTree::c5n_centos_7_6, std::chrono::milliseconds(20));
  host.files().block_reads("efa_installed_packages");
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) {
    RecordingSink sink;
    CHECK_FALSE(host.collect(sink));
  }
  // Patient ones would take ten seconds and more.
  CHECK(std::chrono::steady_clock::now() - begun < seconds(5));
}

}  // namespace
}  // namespace efa::test
