#include "tests/lab/efa_device/lab.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

#include "tests/lab/efa_device/vfio_user/fake_client.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace efa::lab {
namespace {

using vfio_user::test::FakeClient;

UniqueFd connected_to(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(address.sun_path, sizeof address.sun_path - 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
          0);
  return socket;
}

/// What is answered to some lines, as far as the last "ok" or "error: ...".
std::string ask(const UniqueFd& control, const std::string& lines, std::size_t answers = 1) {
  REQUIRE(::send(control.get(), lines.data(), lines.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(lines.size()));
  std::string answer;
  while (answers > 0) {
    char byte = 0;
    if (::recv(control.get(), &byte, 1, 0) != 1) {
      return answer + "(closed)";
    }
    answer += byte;
    const auto line = answer.substr(answer.rfind('\n', answer.size() - 2) + 1);
    if (byte == '\n' && (line == "ok\n" || line.starts_with("error: "))) {
      --answers;
    }
  }
  return answer;
}

struct Bench {
  explicit Bench(unsigned devices) : lab(directory.path().string(), devices, {}, clock, log) {}

  efa::test::TempDir directory;
  MonotonicClock clock;
  Log log{-1};
  Lab lab;
};

TEST_CASE("each device and control have a socket, which goes with the lab") {
  const efa::test::TempDir directory;
  const MonotonicClock clock;
  const Log log(-1);
  {
    const Lab lab(directory.path().string(), 2, {}, clock, log);
    for (const char* name : {"efa0.sock", "efa1.sock", "ctl.sock"}) {
      CHECK(std::filesystem::is_socket(directory.path() / name));
    }
  }
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("two clients have a device each, and control reaches both") {
  Bench bench(2);
  FakeClient first(connected_to(bench.directory.path() / "efa0.sock"));
  FakeClient second(connected_to(bench.directory.path() / "efa1.sock"));
  CHECK(first.say_version());
  CHECK(second.say_version());
  const UniqueFd control = connected_to(bench.directory.path() / "ctl.sock");
  CHECK(ask(control, "all set tx_pkts 3\n") == "ok\n");
  CHECK(ask(control, "efa1 get\n").find("tx_pkts 3\n") != std::string::npos);
}

TEST_CASE("control has several clients, and takes lines as they come") {
  Bench bench(1);
  const UniqueFd one = connected_to(bench.directory.path() / "ctl.sock");
  const UniqueFd other = connected_to(bench.directory.path() / "ctl.sock");
  CHECK(ask(one, "efa0 set tx_b", 0).empty());
  CHECK(ask(other, "efa0 heal\nefa0 set\nefa0 heal\n", 3).starts_with("ok\nerror: "));
  CHECK(ask(one, "ytes 5\n") == "ok\n");
  CHECK(ask(other, "efa0 get\n").starts_with("tx_bytes 5\n"));
}

TEST_CASE("a control client whose line does not end is sent away") {
  Bench bench(1);
  const UniqueFd control = connected_to(bench.directory.path() / "ctl.sock");
  CHECK(ask(control, std::string(5000, 'x'), 1) == "(closed)");
  const UniqueFd next = connected_to(bench.directory.path() / "ctl.sock");
  CHECK(ask(next, "help\n").ends_with("ok\n"));
}

TEST_CASE("a client that does not read its answers holds up no other") {
  Bench bench(1);
  const UniqueFd deaf = connected_to(bench.directory.path() / "ctl.sock");
  std::string many;
  for (int i = 0; i < 2000; ++i) {
    many += "help\n";
  }
  [[maybe_unused]] const auto sent =
      ::send(deaf.get(), many.data(), many.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  const UniqueFd control = connected_to(bench.directory.path() / "ctl.sock");
  CHECK(ask(control, "efa0 heal\n") == "ok\n");
}

TEST_CASE("a lab that cannot have its sockets says so") {
  const MonotonicClock clock;
  const Log log(-1);
  CHECK_THROWS_AS(Lab("/nonexistent", 1, {}, clock, log), std::system_error);
  CHECK_THROWS_AS(Lab(std::string(200, 'x'), 1, {}, clock, log), std::invalid_argument);
}

}  // namespace
}  // namespace efa::lab
