#include "collectors/netlink/netlink_scanner.h"

#include <algorithm>
#include <cerrno>
#include <deque>

#include "collectors/netlink/messages.h"
#include "collectors/netlink/rdma_numbers.h"
#include "tests/netlink/fake_transport.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/sysfs/sysfs_host.h"

namespace efa::test {
namespace {

using Use = NetlinkScanner::Use;

struct KernelDevice {
  std::uint32_t index = 0;
  std::string name;
  std::uint32_t driver = static_cast<std::uint32_t>(efa_driver);
  std::uint64_t guid = 0;
};

Bytes device_message(const KernelDevice& device) {
  return message(nldev_type(RDMA_NLDEV_CMD_GET),
                 AttributeWriter()
                     .put_u32(RDMA_NLDEV_ATTR_DEV_INDEX, device.index)
                     .put_string(RDMA_NLDEV_ATTR_DEV_NAME, device.name)
                     .put_u32(RDMA_NLDEV_ATTR_PORT_INDEX, 1)
                     .put_u64(RDMA_NLDEV_ATTR_NODE_GUID, device.guid)
                     .bytes(),
                 NLM_F_MULTI);
}

// A kernel that knows its devices, whatever it is asked in whatever order.
class Kernel final : public NetlinkTransport {
 public:
  std::vector<KernelDevice> devices;
  std::optional<int> refuses_list;
  std::size_t asked_for_drivers = 0;
  std::size_t asked = 0;

  Result<void> send(std::span<const std::byte> request) override {
    ++asked;
    const auto question = MessageReader(request).next();
    REQUIRE(question);
    FakeTransport& answerer = answers_.emplace_back();
    if (question->type == nldev_type(RDMA_NLDEV_CMD_GET_CHARDEV)) {
      ++asked_for_drivers;
      answerer.answer({driver_of(*question), acknowledgement()});
    } else if (refuses_list) {
      answerer.answer({acknowledgement(*refuses_list)});
    } else {
      Bytes list;
      for (const KernelDevice& device : devices) {
        list = list + device_message(device);
      }
      answerer.answer({list + done()});
    }
    return answerer.send(request);
  }
  Result<std::size_t> receive(std::span<std::byte> buffer) override {
    return answers_.back().receive(buffer);
  }
  void resync() override {}

 private:
  Bytes driver_of(const NetlinkMessage& question) const {
    std::uint32_t index = 0;
    CHECK(walk_attributes(question.payload, [&](const Attribute& attribute) {
      return attribute.type != RDMA_NLDEV_ATTR_DEV_INDEX || attribute.get(index);
    }));
    const auto device = std::find_if(devices.begin(), devices.end(),
                                     [&](const auto& known) { return known.index == index; });
    REQUIRE(device != devices.end());
    return message(
        nldev_type(RDMA_NLDEV_CMD_GET_CHARDEV),
        AttributeWriter().put_u32(RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID, device->driver).bytes());
  }

  std::deque<FakeTransport> answers_;
};

// Lets the scanner own a transport, and the test keep it.
class Shared final : public NetlinkTransport {
 public:
  explicit Shared(Kernel& kernel) : kernel_(kernel) {}
  Result<void> send(std::span<const std::byte> request) override { return kernel_.send(request); }
  Result<std::size_t> receive(std::span<std::byte> buffer) override {
    return kernel_.receive(buffer);
  }
  void resync() override { kernel_.resync(); }

 private:
  Kernel& kernel_;
};

struct Fixture {
  SysfsHost host;
  Kernel kernel;
  DeviceScanner::Devices devices;
  std::unique_ptr<NetlinkScanner> scanner;

  Fixture& with_sysfs(Use use) {
    auto sysfs = std::make_unique<SysfsScanner>(
        host.files, host.clock, host.tree.root(), SysfsHost::plenty,
        use == Use::always ? SysfsDevice::PortCounters::leave : SysfsDevice::PortCounters::read);
    return start(std::move(sysfs), use);
  }
  Fixture& without_sysfs() { return start(nullptr, Use::where_missing); }

  Fixture& start(std::unique_ptr<DeviceScanner> sysfs, Use use) {
    scanner = std::make_unique<NetlinkScanner>(
        std::move(sysfs), use, [this] { return std::make_unique<Shared>(kernel); }, host.clock);
    return *this;
  }
  Result<void> scan() { return scanner->scan(devices); }
  [[nodiscard]] bool by_netlink(std::size_t index) const {
    return dynamic_cast<const NetlinkDevice*>(devices.at(index).get()) != nullptr;
  }
  [[nodiscard]] std::string names() const {
    std::string text;
    for (const auto& device : devices) {
      text += (text.empty() ? "" : " ") + device->layout()->attributes.name;
    }
    return text;
  }
};

TEST_CASE("with netlink as source each device of sysfs is read by it, and keeps its reader") {
  Fixture f;
  f.host.tree.device("efa_0").pci("0000:10:1b.0");
  f.host.tree.device("efa_1").pci("0000:20:1b.0");
  f.kernel.devices = {{7, "efa_1"}, {8, "efa_0"}};
  f.with_sysfs(Use::always);
  REQUIRE(f.scan());
  CHECK(f.names() == "efa_0 efa_1");
  CHECK((f.by_netlink(0) && f.by_netlink(1)));
  const auto before = f.devices;
  REQUIRE(f.scan());
  CHECK(f.devices == before);
  CHECK(f.kernel.asked_for_drivers == 0);  // sysfs tells
}

TEST_CASE("a device has one reader as long as sysfs gives the same one, whatever RDMA core says") {
  Fixture f;
  f.host.tree.device("efa_0").text("node_guid", "0000:0000:0000:0001");
  f.kernel.refuses_list = EPERM;
  f.with_sysfs(Use::always);
  CHECK_FALSE(f.scan());
  REQUIRE(f.devices.size() == 1);
  CHECK(f.by_netlink(0));
  const auto first = f.devices;
  f.kernel.refuses_list.reset();
  for (const KernelDevice& device :
       {KernelDevice{7, "efa_0"}, KernelDevice{9, "efa_0"}, KernelDevice{9, "another"},
        KernelDevice{9, "efa_0", efa_driver, 2}}) {
    f.kernel.devices = {device};
    REQUIRE(f.scan());
    CHECK(f.devices == first);
  }
}

TEST_CASE("a device under the name of another one is not taken for it") {
  Fixture f;
  f.host.tree.device("efa_0").text("node_guid", "0000:0000:0000:0001");
  f.kernel.devices = {{7, "efa_0", efa_driver, 2}};
  f.with_sysfs(Use::always);
  REQUIRE(f.scan());
  const std::size_t asked = f.kernel.asked;
  DeviceReading reading;
  f.devices[0]->read(reading);
  CHECK(reading.state == DeviceState::down);
  CHECK(f.kernel.asked == asked);  // nobody asks the other one
  f.kernel.devices = {{7, "efa_0", efa_driver, 1}};
  REQUIRE(f.scan());
  f.devices[0]->read(reading);
  CHECK(f.kernel.asked > asked + 1);
}

TEST_CASE("where sysfs shows all, auto asks nobody else") {
  Fixture f;
  f.host.tree.device("efa_0");
  f.with_sysfs(Use::where_missing);
  REQUIRE(f.scan());
  CHECK_FALSE(f.by_netlink(0));
  CHECK(f.kernel.asked == 0);
}

TEST_CASE("where sysfs shows a device without its counters, auto takes them from netlink") {
  Fixture f;
  f.host.tree.device("efa_0").remove("ports/1/hw_counters");
  f.host.tree.device("efa_1");
  f.kernel.devices = {{7, "efa_0"}, {8, "efa_1"}};
  f.with_sysfs(Use::where_missing);
  REQUIRE(f.scan());
  CHECK(f.by_netlink(0));
  CHECK_FALSE(f.by_netlink(1));
}

TEST_CASE("without sysfs the driver tells what is an EFA, and is asked once of each device") {
  Fixture f;
  f.kernel.devices = {{7, "rdmap9s0"}, {8, "mlx5_0", 1}, {9, "efa_0"}};
  f.without_sysfs();
  REQUIRE(f.scan());
  CHECK(f.names() == "efa_0 rdmap9s0");
  CHECK(f.kernel.asked_for_drivers == 3);
  const auto before = f.devices;
  REQUIRE(f.scan());
  CHECK(f.devices == before);
  CHECK(f.kernel.asked_for_drivers == 3);

  f.kernel.devices = {{7, "renamed"}, {9, "efa_0"}};
  REQUIRE(f.scan());
  CHECK(f.names() == "efa_0 renamed");
}

TEST_CASE("a host without RDMA has no devices, which is no error") {
  Fixture f;
  f.without_sysfs();
  f.kernel.devices = {};
  REQUIRE(f.scan());
  CHECK(f.devices.empty());
}

TEST_CASE("when RDMA core cannot be asked the devices stay as they were, and it is told") {
  Fixture f;
  f.kernel.devices = {{7, "efa_0"}};
  f.without_sysfs();
  REQUIRE(f.scan());
  const auto before = f.devices;
  f.kernel.refuses_list = EPERM;
  const auto scanned = f.scan();
  REQUIRE_FALSE(scanned);
  CHECK(scanned.error().reason == Reason::denied);
  CHECK(f.devices == before);
  f.kernel.refuses_list.reset();
  REQUIRE(f.scan());
  CHECK(f.devices == before);
}

}  // namespace
}  // namespace efa::test
