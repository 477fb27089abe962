#include "collectors/netlink/device_watch.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "tests/netlink/made_messages.h"
#include "tests/support/catch.h"

namespace efa::test {
namespace {

using Counts = DeviceWatch::Counts;
using EventKind = DeviceEvent::Kind;

// The end of a socket at which datagrams come, as the kernel's do.
class SocketListener final : public NetlinkListener {
 public:
  explicit SocketListener(UniqueFd fd) : fd_(std::move(fd)) {}
  [[nodiscard]] int descriptor() const override { return fd_.get(); }
  Result<std::optional<std::size_t>> receive(std::span<std::byte> buffer) override {
    const auto size = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0) {
      return std::optional<std::size_t>();
    }
    if (size == 4) {  // as the test has it: datagrams were lost
      return Error::from_errno(ENOBUFS);
    }
    return std::optional(static_cast<std::size_t>(size));
  }

 private:
  UniqueFd fd_;
};

// A host whose devices the test changes, and which tells what it is told.
class Host {
 public:
  Host() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    kernel_ = UniqueFd(ends[0]);
    listener_ = UniqueFd(ends[1]);
  }

  std::unique_ptr<DeviceEvents> events() {
    return std::make_unique<DeviceEvents>(std::make_unique<SocketListener>(std::move(listener_)),
                                          DeviceEvents::Source::uevents);
  }
  DeviceWatch::Host told() {
    return {[this] {
              const std::lock_guard lock(mutex_);
              return std::optional(names_);
            },
            [this](const DeviceEvent& event) {
              const std::lock_guard lock(mutex_);
              told_.push_back(event);
              changed_.notify_all();
            }};
  }
  void set_names(std::set<std::string> names) {
    const std::lock_guard lock(mutex_);
    names_ = std::move(names);
  }
  void send(const std::string& action, const std::string& name, const std::string& old_name = {}) {
    std::string text = action + "@/devices/" + name + '\0' + "ACTION=" + action + '\0' +
                       "DEVPATH=/devices/infiniband/" + name + '\0' + "SUBSYSTEM=infiniband" + '\0';
    if (!old_name.empty()) {
      text += "DEVPATH_OLD=/devices/infiniband/" + old_name + '\0';
    }
    send_bytes(text);
  }
  void lose_events() { send_bytes("lost"); }
  std::vector<DeviceEvent> until_told(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return told_.size() >= count; });
    return told_;
  }

 private:
  void send_bytes(const std::string& text) {
    REQUIRE(::send(kernel_.get(), text.data(), text.size(), 0) ==
            static_cast<ssize_t>(text.size()));
  }

  UniqueFd kernel_;
  UniqueFd listener_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> names_;
  std::vector<DeviceEvent> told_;
};

TEST_CASE("an EFA that comes, is renamed and goes is told of at once, and counted") {
  Host host;
  DeviceWatch watch(host.events(), host.told());
  host.set_names({"efa_0"});
  host.send("add", "efa_0");
  host.until_told(1);
  host.set_names({"rdmap0s5"});
  host.send("move", "rdmap0s5", "efa_0");
  host.until_told(2);
  host.set_names({});
  host.send("remove", "rdmap0s5");
  const auto told = host.until_told(3);
  CHECK(told == std::vector<DeviceEvent>{{EventKind::added, "efa_0", ""},
                                         {EventKind::renamed, "rdmap0s5", "efa_0"},
                                         {EventKind::removed, "rdmap0s5", ""}});
  CHECK(watch.counts() == Counts{1, 1, 1});
}

TEST_CASE("devices of other vendors are not told of") {
  Host host;
  host.set_names({"rdmap0s5"});
  DeviceWatch watch(host.events(), host.told());
  host.send("add", "rxe0");
  host.send("move", "roce0", "rxe0");
  host.send("remove", "roce0");
  host.send("remove", "rdmap0s5");
  CHECK(host.until_told(1) == std::vector<DeviceEvent>{{EventKind::removed, "rdmap0s5", ""}});
  CHECK(watch.counts() == Counts{0, 1, 0});
}

TEST_CASE(
    "a device that has its second name before its first one is seen to is an EFA all the same") {
  Host host;
  DeviceWatch watch(host.events(), host.told());
  host.set_names({"rdmap0s5"});
  host.send("add", "efa_0");
  host.send("move", "rdmap0s5", "efa_0");
  host.until_told(2);
  CHECK(watch.counts() == Counts{1, 0, 1});
}

TEST_CASE("after lost events the watch goes on, and knows what there is") {
  Host host;
  DeviceWatch watch(host.events(), host.told());
  host.set_names({"rdmap0s5"});
  host.lose_events();
  host.set_names({});
  host.send("remove", "efa_7");
  host.until_told(1);
  CHECK(watch.counts() == Counts{0, 1, 0});
}

TEST_CASE("where nothing is heard, what the readings find counts") {
  Host host;
  DeviceWatch watch(nullptr, host.told());
  watch.note({{"0000:01:00.0", "efa_0"}, {"0000:02:00.0", "efa_1"}});
  CHECK(watch.counts() == Counts{0, 0, 0});
  watch.note({{"0000:01:00.0", "rdmap1s0"}, {"0000:03:00.0", "efa_2"}});
  CHECK(watch.counts() == Counts{1, 1, 1});
  watch.note({});
  CHECK(watch.counts() == Counts{1, 3, 1});
}

TEST_CASE("what is heard and found is one event") {
  Host host;
  DeviceWatch watch(host.events(), host.told());
  watch.note({});
  host.set_names({"efa_0"});
  host.send("add", "efa_0");
  host.until_told(1);
  watch.note({{"0000:01:00.0", "efa_0"}});
  CHECK(watch.counts() == Counts{1, 0, 0});
}

}  // namespace
}  // namespace efa::test
