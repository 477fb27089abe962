#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>

#include "collectors/ethtool/ethtool.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace efa::test {
namespace {

// A request to rtnetlink, of which the outer attributes get their length when they are over.
class LinkRequest {
 public:
  LinkRequest() {
    head().nlmsg_type = RTM_NEWLINK;
    head().nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    append(ifinfomsg{});
  }
  template <typename T>
  LinkRequest& append(const T& value) {
    return append(&value, sizeof value);
  }
  LinkRequest& append(const void* data, std::size_t size) {
    std::memcpy(bytes_.data() + size_, data, size);
    size_ += NLMSG_ALIGN(size);
    return *this;
  }
  LinkRequest& attribute(unsigned short type, const void* data, std::size_t size) {
    const std::size_t begin = open(type);
    append(data, size);
    return close(begin);
  }
  LinkRequest& text(unsigned short type, const std::string& value) {
    return attribute(type, value.c_str(), value.size() + 1);
  }
  std::size_t open(unsigned short type) {
    const std::size_t begin = size_;
    append(rtattr{0, type});
    return begin;
  }
  LinkRequest& close(std::size_t begin) {
    const auto length = static_cast<unsigned short>(size_ - begin);
    std::memcpy(bytes_.data() + begin, &length, sizeof length);
    return *this;
  }
  // 0 or an errno.
  int send() {
    head().nlmsg_len = static_cast<std::uint32_t>(size_);
    const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket || ::send(socket.get(), bytes_.data(), size_, 0) < 0) {
      return errno;
    }
    alignas(nlmsghdr) std::array<std::byte, 4096> answer{};
    if (::recv(socket.get(), answer.data(), answer.size(), 0) < 0) {
      return errno;
    }
    int error = 0;
    std::memcpy(&error, answer.data() + NLMSG_HDRLEN, sizeof error);
    return -error;
  }

 private:
  nlmsghdr& head() { return *static_cast<nlmsghdr*>(static_cast<void*>(bytes_.data())); }

  alignas(nlmsghdr) std::array<std::byte, 512> bytes_{};
  std::size_t size_ = NLMSG_HDRLEN;
};

constexpr std::uint32_t most_queues = 4;

int add_veth(const std::string& name, const std::string& peer) {
  LinkRequest request;
  request.text(IFLA_IFNAME, name);
  request.attribute(IFLA_NUM_RX_QUEUES, &most_queues, sizeof most_queues);
  request.attribute(IFLA_NUM_TX_QUEUES, &most_queues, sizeof most_queues);
  const auto info = request.open(IFLA_LINKINFO);
  request.text(IFLA_INFO_KIND, "veth");
  const auto data = request.open(IFLA_INFO_DATA);
  const auto of_peer = request.open(VETH_INFO_PEER);
  request.append(ifinfomsg{}).text(IFLA_IFNAME, peer);
  return request.close(of_peer).close(data).close(info).send();
}

// `ethtool -L <interface> rx <queues>`; 0 or an errno.
int set_queues(const std::string& interface, std::uint32_t queues) {
  ethtool_channels channels{};
  channels.cmd = ETHTOOL_SCHANNELS;
  channels.rx_count = queues;
  channels.tx_count = queues;
  ifreq request{};
  interface.copy(request.ifr_name, sizeof request.ifr_name - 1);
  request.ifr_data = static_cast<char*>(static_cast<void*>(&channels));
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return ::ioctl(socket.get(), SIOCETHTOOL, &request) < 0 ? errno : 0;
}

// What `function` prints, in a network namespace of its own; "forbidden" where there can be none.
std::string in_namespace(const std::function<void(std::ostream&)>& function) {
  int ends[2] = {-1, -1};
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::ostringstream text;
    if (::unshare(CLONE_NEWNET) < 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
      text << "forbidden";
    } else {
      function(text);
    }
    const std::string all = text.str();
    ::_exit(::write(to.get(), all.data(), all.size()) == static_cast<ssize_t>(all.size()) ? 0 : 1);
  }
  to.reset();
  std::string all;
  std::array<char, 4096> buffer{};
  for (ssize_t size = 0; (size = ::read(from.get(), buffer.data(), buffer.size())) > 0;) {
    all.append(buffer.data(), static_cast<std::size_t>(size));
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
  return all;
}

// Whether that could be tried at all.
bool was_permitted(const std::string& output) {
  if (output.find("forbidden") == std::string::npos) {
    return true;
  }
  WARN("no network namespace or veth pair can be made here: only the loopback interface is asked");
  return false;
}

bool all(std::string_view /*name*/) { return true; }

void print(const Result<Statistics>& statistics, std::ostream& out) {
  if (!statistics) {
    out << "error " << statistics.error().message() << '\n';
    return;
  }
  const auto& names = *statistics->names;
  out << names.size() << " statistics";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty() || !statistics->values[i]) {
      out << " without name or value";
    }
    // The index of the other end, and what comes with each queue.
    if (names[i] == "peer_ifindex") {
      out << (*statistics->values[i] > 0 ? ", a peer" : ", no peer");
    } else if (names[i] == "rx_queue_0_xdp_packets" || names[i] == "rx_queue_3_xdp_packets") {
      out << ", " << names[i];
    }
  }
  out << '\n';
}

TEST_CASE("the kernel's loopback interface has no statistics") {
  PosixEthtoolIoctl ethtool;
  const auto count = count_statistics(ethtool, "lo");
  REQUIRE_FALSE(count);
  CHECK(count.error().reason == Reason::unsupported);
}

TEST_CASE("the kernel knows no interface of a name that does not exist, or cannot") {
  PosixEthtoolIoctl ethtool;
  for (const auto* const name : {"efatest0", "a name longer than the kernel has", ""}) {
    CAPTURE(name);
    const auto driver = read_driver(ethtool, name);
    REQUIRE_FALSE(driver);
    CHECK(driver.error().reason == Reason::closed);
  }
}

TEST_CASE("a command that is larger than any is not asked") {
  PosixEthtoolIoctl ethtool;
  std::vector<std::byte> command(std::size_t{max_statistics} * ETH_GSTRING_LEN + 4096);
  const auto asked = ethtool.ask("lo", command);
  REQUIRE_FALSE(asked);
  CHECK(asked.error().errno_value == E2BIG);
}

TEST_CASE("the kernel's veth pair is read, also after its queues have changed") {
  const std::string output = in_namespace([](std::ostream& out) {
    if (const int error = add_veth("efatest0", "efatest1"); error != 0) {
      out << (error == EPERM || error == EOPNOTSUPP ? "forbidden " : "") << error;
      return;
    }
    PosixEthtoolIoctl ethtool;
    ManualClock clock;
    const auto driver = read_driver(ethtool, "efatest0");
    out << (driver ? driver->name : "no driver") << '\n';
    StatisticsReader reader(ethtool, clock, "efatest0", "veth", driver ? driver->bus_info : "",
                            all);
    for (const std::uint32_t queues : {most_queues, 1U, most_queues, 2U}) {
      if (const int error = set_queues("efatest0", queues); error != 0) {
        out << "queues not set: " << error << '\n';
      }
      print(reader.read(), out);
      StatisticsReader fresh(ethtool, clock, "efatest0", "veth", driver ? driver->bus_info : "",
                             all);
      const auto expected = fresh.read();
      const auto again = reader.read();
      out << (again && expected && *again->names == *expected->names ? "as expected" : "otherwise")
          << '\n';
    }
    StatisticsReader other(ethtool, clock, "efatest0", "ena", "0000:00:05.0", all);
    print(other.read(), out);
  });
  if (!was_permitted(output)) {
    return;
  }
  CAPTURE(output);
  std::istringstream lines(output);
  std::string line;
  std::getline(lines, line);
  CHECK(line == "veth");
  std::vector<std::string> readings;
  for (int i = 0; i < 4; ++i) {
    std::getline(lines, line);
    CHECK(line.find(" statistics, a peer, rx_queue_0_xdp_packets") != std::string::npos);
    CHECK(line.find("without") == std::string::npos);
    CHECK((line.find("rx_queue_3_xdp_packets") != std::string::npos) == (i == 0 || i == 2));
    readings.push_back(line);
    std::getline(lines, line);
    CHECK(line == "as expected");
  }
  CHECK(readings[0] == readings[2]);
  CHECK(readings[0] != readings[1]);
  CHECK(readings[3] != readings[1]);
  std::getline(lines, line);
  CHECK(line == "error No such device");
}

TEST_CASE("the kernel writes no answer beyond its command") {
  const std::string output = in_namespace([](std::ostream& out) {
    if (const int error = add_veth("efatest0", "efatest1"); error != 0) {
      out << (error == EPERM || error == EOPNOTSUPP ? "forbidden " : "") << error;
      return;
    }
    PosixEthtoolIoctl ethtool;
    const auto count = count_statistics(ethtool, "efatest0");
    const auto ask = [&](std::size_t values) {
      // Of size 0 to the kernel: it then writes all there are, in every version.
      ethtool_stats head{};
      head.cmd = ETHTOOL_GSTATS;
      std::vector<std::byte> command(sizeof head + values * sizeof(std::uint64_t));
      std::memcpy(command.data(), &head, sizeof head);
      const auto asked = ethtool.ask("efatest0", command);
      out << (asked ? "fits" : std::strerror(asked.error().errno_value)) << '\n';
    };
    ask(*count);
    ask(*count - 1);
    ask(0);
    ask(*count);
  });
  if (was_permitted(output)) {
    CHECK(output == "fits\nBad address\nBad address\nfits\n");
  }
}

}  // namespace
}  // namespace efa::test
