#include "collectors/allocations.h"

#include <atomic>
#include <future>

#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recording_sink.h"

namespace efa::test {
namespace {

using std::chrono::seconds;
using Lines = std::vector<std::string>;
using AllocationRefresher = Allocations::AllocationRefresher;

constexpr seconds interval{30};

PodAllocation plugin(const std::string& device, const std::string& pod,
                     const std::string& container = "main") {
  return {device, "", "ml", pod, container, "vpc.amazonaws.com/efa"};
}

PodAllocation dra(const std::string& pci_address, const std::string& pod) {
  return {"", pci_address, "ml", pod, "main", "dra.net"};
}

std::string line(const std::string& device, const std::string& pod,
                 const std::string& container = "main",
                 const std::string& resource = "vpc.amazonaws.com/efa") {
  return R"(device=")" + device + R"(",namespace="ml",pod=")" + pod + R"(",container=")" +
         container + R"(",resource=")" + resource + '"';
}

// A kubelet that answers when it is asked, or keeps one waiting.
struct Source {
  ManualClock clock;
  std::mutex mutex;
  std::vector<PodAllocation> entries;
  std::optional<Error> problem;
  std::promise<void> release;
  std::shared_future<void> released{release.get_future()};
  std::atomic<bool> held = false;

  PodAllocations read() {
    if (held) {
      released.wait();
    }
    const std::lock_guard lock(mutex);
    return {entries, problem, clock.now()};
  }
};

struct Fixture {
  // Left to the thread, which may outlive the test.
  std::shared_ptr<Source> source = std::make_shared<Source>();
  AllocationRefresher* refresher = new AllocationRefresher(
      [source = source](const auto&) { return source->read(); }, source->clock, interval);
  Allocations allocations{std::unique_ptr<AllocationRefresher>(refresher), {}};
  std::vector<DeviceAttributes> devices;

  Fixture() {
    add_device("rdmap16s27", "0000:10:1b.0");
    add_device("rdmap0s6", "0000:00:06.0");
  }

  void add_device(const std::string& name, const std::string& pci_address) {
    DeviceAttributes attributes;
    attributes.name = name;
    attributes.pci_address = pci_address;
    devices.push_back(attributes);
  }
  void describe() {
    DeviceLayouts layouts;
    for (const DeviceAttributes& device : devices) {
      layouts.push_back(std::make_shared<const DeviceLayout>(DeviceLayout{device, {}}));
    }
    RecordingSink plan;
    allocations.describe(layouts, plan);
    CHECK(plan.series().empty());
  }
  // Once what the kubelet says now is known.
  void await() {
    source->clock.advance(interval);
    const auto asked = source->clock.now();
    while (refresher->latest({}, seconds(60))->taken < asked) {
    }
  }
  // What the kubelet says now, and of the devices that are there now.
  void answer(std::vector<PodAllocation> entries, std::optional<Error> problem = {}) {
    {
      const std::lock_guard lock(source->mutex);
      source->entries = std::move(entries);
      source->problem = std::move(problem);
    }
    await();
    describe();
  }
  Lines collect(bool expected = true) {
    RecordingSink sink;
    CHECK(allocations.collect(Reading(), sink) == expected);
    Lines lines;
    for (const auto& series : sink.series()) {
      CHECK(series.name == "efa_device_allocation_info");
      CHECK(series.value == 1);
      lines.push_back(series.labels);
    }
    return lines;
  }
};

TEST_CASE("a device that was allocated by its RDMA name is told with its pod") {
  Fixture f;
  f.answer({plugin("rdmap0s6", "train-0", "worker")});
  CHECK(f.collect() == Lines{line("rdmap0s6", "train-0", "worker")});
}

TEST_CASE("a device that was allocated by its PCI address is told by its RDMA name") {
  Fixture f;
  f.answer({dra("0000:10:1b.0", "train-0")});
  CHECK(f.collect() == Lines{line("rdmap16s27", "train-0", "main", "dra.net")});
}

TEST_CASE("the order is that of the devices, then of the labels, whatever the kubelet's is") {
  Fixture f;
  f.answer({plugin("rdmap0s6", "b"), dra("0000:10:1b.0", "d"), plugin("rdmap0s6", "a", "two"),
            plugin("rdmap0s6", "a", "one"), dra("0000:10:1b.0", "c")});
  CHECK(f.collect() == Lines{line("rdmap16s27", "c", "main", "dra.net"),
                             line("rdmap16s27", "d", "main", "dra.net"),
                             line("rdmap0s6", "a", "one"), line("rdmap0s6", "a", "two"),
                             line("rdmap0s6", "b")});
}

TEST_CASE("what the kubelet tells twice is told once") {
  Fixture f;
  PodAllocation by_both = plugin("rdmap0s6", "a");
  by_both.pci_address = "0000:00:06.0";
  f.answer({plugin("rdmap0s6", "a"), plugin("rdmap0s6", "b"), plugin("rdmap0s6", "a"), by_both});
  CHECK(f.collect() == Lines{line("rdmap0s6", "a"), line("rdmap0s6", "b")});
}

TEST_CASE("an allocation of a device that is not there is left out") {
  Fixture f;
  f.answer({plugin("rdmap99s0", "a"), dra("0000:99:00.0", "a"), plugin("rdmap0s6", "b")});
  CHECK(f.collect() == Lines{line("rdmap0s6", "b")});
}

TEST_CASE("a device whose PCI address is not known is not taken for one that has none to tell") {
  Fixture f;
  f.devices.clear();
  f.add_device("efa_0", "");
  f.answer({plugin("rdmap99s0", "a"), PodAllocation{"", "", "ml", "b", "main", "dra.net"}});
  CHECK(f.collect().empty());
}

TEST_CASE("devices that come, go and are renamed are told of without a new answer") {
  Fixture f;
  f.answer({dra("0000:00:06.0", "a"), plugin("rdmap16s27", "b"), plugin("efa_9", "c")});
  REQUIRE(f.collect() == Lines{line("rdmap16s27", "b"), line("rdmap0s6", "a", "main", "dra.net")});
  f.devices.erase(f.devices.begin());
  f.devices[0].name = "efa_0";
  f.add_device("efa_9", "0000:99:00.0");
  f.describe();
  CHECK(f.collect() == Lines{line("efa_0", "a", "main", "dra.net"), line("efa_9", "c")});
}

TEST_CASE("a new answer takes the place of the one before") {
  Fixture f;
  f.answer({plugin("rdmap0s6", "a")});
  REQUIRE(f.collect() == Lines{line("rdmap0s6", "a")});
  {
    const std::lock_guard lock(f.source->mutex);
    f.source->entries = {plugin("rdmap0s6", "b")};
  }
  f.await();
  CHECK(f.collect() == Lines{line("rdmap0s6", "b")});
}

TEST_CASE("no allocation at all is a success") {
  Fixture f;
  f.answer({});
  CHECK(f.collect().empty());
}

TEST_CASE("a kubelet that could not be asked is no success, and nothing of before is told") {
  Fixture f;
  f.answer({plugin("rdmap0s6", "a")});
  REQUIRE(f.collect().size() == 1);
  f.answer({}, Error::from_errno(ECONNREFUSED));
  CHECK(f.collect(false).empty());
}

TEST_CASE("a scrape does not wait for the kubelet's first answer") {
  Fixture f;
  f.source->held = true;
  f.describe();
  CHECK(f.collect(false).empty());
  f.source->release.set_value();
}

}  // namespace
}  // namespace efa::test
