#include "agent/daemon/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "collectors/base/unique_fd.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace efa {
namespace {

// The service manager's end.
class Manager {
 public:
  explicit Manager(const std::string& address)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, address.data(), address.size());
    const std::size_t size = offsetof(sockaddr_un, sun_path) + address.size();
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&to),
                   static_cast<socklen_t>(size)) == 0);
  }

  std::string receive() const {
    std::array<char, 4096> buffer{};
    const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    return size < 0 ? "nothing" : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

 private:
  UniqueFd fd_;
};

}  // namespace

TEST_CASE("the service manager hears of every state, over a path") {
  const test::TempDir dir;
  const std::string path = dir.path() / "notify";
  const Manager manager(path);
  const Notifier notifier(path);
  CHECK(notifier.connected());

  CHECK(notifier.ready("32 devices"));
  CHECK(manager.receive() == "READY=1\nSTATUS=32 devices");
  CHECK(notifier.status("31 devices"));
  CHECK(manager.receive() == "STATUS=31 devices");
  CHECK(notifier.watchdog());
  CHECK(manager.receive() == "WATCHDOG=1");
  CHECK(notifier.reloading());
  const auto before = std::chrono::steady_clock::now().time_since_epoch();
  const std::string message = manager.receive();
  const std::string head = "RELOADING=1\nMONOTONIC_USEC=";
  REQUIRE(message.substr(0, head.size()) == head);
  const std::chrono::microseconds told(std::stoll(message.substr(head.size())));
  CHECK(told <= before);
  CHECK(told > before - std::chrono::minutes(1));
  CHECK(notifier.stopping());
  CHECK(manager.receive() == "STOPPING=1");
}

TEST_CASE("the service manager hears over an abstract address") {
  const std::string name = "efa-agent-test-" + std::to_string(::getpid());
  const Manager manager(std::string(1, '\0') + name);
  CHECK(Notifier('@' + name).watchdog());
  CHECK(manager.receive() == "WATCHDOG=1");
}

TEST_CASE("a status with newlines sets no other variable") {
  const test::TempDir dir;
  const std::string path = dir.path() / "notify";
  const Manager manager(path);
  CHECK(Notifier(path).status("one\nMAINPID=1"));
  CHECK(manager.receive() == "STATUS=one MAINPID=1");
}

TEST_CASE("without a service manager notices go nowhere") {
  ::unsetenv("NOTIFY_SOCKET");
  const Notifier notifier = Notifier::from_environment();
  CHECK_FALSE(notifier.connected());
  CHECK(notifier.ready("x"));
  CHECK(notifier.watchdog());
}

TEST_CASE("NOTIFY_SOCKET names the service manager") {
  const test::TempDir dir;
  const std::string path = dir.path() / "notify";
  const Manager manager(path);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  CHECK(Notifier::from_environment().stopping());
  ::unsetenv("NOTIFY_SOCKET");
  CHECK(manager.receive() == "STOPPING=1");
}

TEST_CASE("an address that nobody listens on, or that is none, is an error that names it") {
  const test::TempDir dir;
  const auto nobody = Notifier((dir.path() / "nobody").string()).watchdog();
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().errno_value == ENOENT);
  CHECK(nobody.error().message().find("nobody") != std::string::npos);

  for (const std::string& address : {std::string("relative"), std::string("/"), std::string("@"),
                                     std::string("vsock:2:1"), '/' + std::string(200, 'x')}) {
    const auto result = Notifier(address).watchdog();
    REQUIRE_FALSE(result);
    CHECK(result.error().errno_value == EAFNOSUPPORT);
  }
}

TEST_CASE("the watchdog's timeout is for this process or for nobody") {
  using std::chrono::microseconds;
  CHECK(watchdog_timeout("30000000", nullptr, 7) == microseconds(30000000));
  CHECK(watchdog_timeout("30000000", "7", 7) == microseconds(30000000));
  CHECK_FALSE(watchdog_timeout("30000000", "8", 7));
  CHECK_FALSE(watchdog_timeout("30000000", "x", 7));
  CHECK_FALSE(watchdog_timeout(nullptr, nullptr, 7));
  CHECK_FALSE(watchdog_timeout("0", nullptr, 7));
  CHECK_FALSE(watchdog_timeout("", nullptr, 7));
  CHECK_FALSE(watchdog_timeout("-1", nullptr, 7));
  CHECK_FALSE(watchdog_timeout("18446744073709551615", nullptr, 7));
}

}  // namespace efa
