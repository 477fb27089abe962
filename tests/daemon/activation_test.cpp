#include "agent/daemon/activation.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "tests/support/catch.h"

namespace efa {
namespace {

constexpr pid_t self = 4711;
constexpr int nowhere = 900;  // no descriptor is open from here on

// A socket under that descriptor, as a service manager leaves it: inherited by whoever is started.
void open_at(int descriptor) {
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  REQUIRE(::dup2(socket.get(), descriptor) == descriptor);
}

std::string problem_of(const ActivationVariables& variables) {
  try {
    return passed_sockets(variables, self, nowhere).empty() ? "none" : "some";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("passed sockets are taken with their names, and not inherited any further") {
  constexpr int first = 700;
  open_at(first);
  open_at(first + 1);
  open_at(first + 2);
  const auto sockets = passed_sockets({"4711", "3", "efa-agent.socket:"}, self, first);
  REQUIRE(sockets.size() == 3);
  CHECK(sockets[0].name == "efa-agent.socket");
  CHECK(sockets[1].name.empty());
  CHECK(sockets[2].name.empty());
  for (int i = 0; i < 3; ++i) {
    CHECK(sockets[static_cast<std::size_t>(i)].fd.get() == first + i);
    CHECK((::fcntl(first + i, F_GETFD) & FD_CLOEXEC) != 0);
  }
}

TEST_CASE("a passed socket needs no name") {
  constexpr int first = 710;
  open_at(first);
  const auto sockets = passed_sockets({"4711", "1", nullptr}, self, first);
  REQUIRE(sockets.size() == 1);
  CHECK(sockets[0].name.empty());
}

TEST_CASE("a process that is passed nothing has no sockets") {
  CHECK(problem_of({}) == "none");
  CHECK(problem_of({"4711", nullptr, nullptr}) == "none");
  CHECK(problem_of({nullptr, "1", nullptr}) == "none");
  CHECK(problem_of({"4711", "0", nullptr}) == "none");
  CHECK(problem_of({"4711", "0", "a:b"}) == "none");
}

TEST_CASE("sockets that are passed to another process are left to it") {
  CHECK(problem_of({"4712", "1", nullptr}) == "none");
  CHECK(problem_of({"4712", "what?", nullptr}) == "none");
}

TEST_CASE("variables of socket activation that make no sense are an error that names them") {
  for (const char* text : {"", "x", "-1", "0x10", "4711 x", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK_THAT(problem_of({text, "1", nullptr}), Catch::Matchers::StartsWith("LISTEN_PID "));
    CHECK_THAT(problem_of({"4711", text, nullptr}), Catch::Matchers::StartsWith("LISTEN_FDS "));
  }
}

TEST_CASE("more passed sockets than are open are an error") {
  using Catch::Matchers::Contains;
  CHECK_THAT(problem_of({"4711", "1", nullptr}), Contains("descriptor 900 is not open"));
  CHECK_THAT(problem_of({"4711", "18446744073709551615", nullptr}), Contains("not open"));
  constexpr int first = 720;
  open_at(first);
  CHECK_THROWS_WITH(passed_sockets({"4711", "2", nullptr}, self, first),
                    Contains("descriptor 721 is not open"));
  CHECK(::fcntl(first, F_GETFD) < 0);  // nothing is left behind
}

TEST_CASE("the environment's sockets are taken once") {
  const std::string pid = std::to_string(::getpid());
  ::setenv("LISTEN_PID", pid.c_str(), 1);
  ::setenv("LISTEN_FDS", "0", 1);
  ::setenv("LISTEN_FDNAMES", "", 1);
  CHECK(take_passed_sockets().empty());
  for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    CHECK(std::getenv(variable) == nullptr);
  }
}

}  // namespace efa
