#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cstring>
#include <future>

#include "agent/exposition/listener.h"
#include "tests/exposition/served.h"

namespace {

using Catch::Matchers::Contains;
using namespace efa;
using namespace efa::test;

UniqueFd socket_of(int family, int type) { return UniqueFd(::socket(family, type, 0)); }

// A socket that is made as a service manager makes it: blocking, with a copy of its own.
UniqueFd copy_of(const UniqueFd& socket) { return UniqueFd(::dup(socket.get())); }

UniqueFd bound_to_every_ipv6(bool only) {
  UniqueFd socket = socket_of(AF_INET6, SOCK_STREAM);
  const int value = only ? 1 : 0;
  ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &value, sizeof value);
  ::listen(socket.get(), 8);  // on a free port
  return socket;
}

std::string refusal_of(UniqueFd socket) {
  try {
    adopt_listener(std::move(socket), "efa-agent.socket");
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("a passed socket that listens is taken over, and does not block") {
  auto made = listen_on("127.0.0.1:0");
  const int fd = made.front().fd.get();
  ::fcntl(fd, F_SETFL, 0);
  const std::uint16_t port = made.front().port();
  const Listener listener = adopt_listener(std::move(made.front().fd), "efa-agent.socket");
  CHECK(listener.shared);
  CHECK(listener.port() == port);
  CHECK((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  CHECK(address_of(listener) == "127.0.0.1:" + std::to_string(port));
}

TEST_CASE("what is passed and is no TCP socket that listens is refused with the reason") {
  CHECK_THAT(refusal_of(UniqueFd(::open("/dev/null", O_RDONLY))),
             Contains("\"efa-agent.socket\"") && Contains("it is no socket"));
  CHECK_THAT(refusal_of(socket_of(AF_INET, SOCK_DGRAM)), Contains("it is no TCP socket"));
  CHECK_THAT(refusal_of(socket_of(AF_UNIX, SOCK_STREAM)), Contains("it is no TCP socket"));
  CHECK_THAT(refusal_of(socket_of(AF_INET, SOCK_STREAM)), Contains("it does not listen"));
}

TEST_CASE("a passed socket of every IPv6 address says whether it is of every IPv4 address, too") {
  if (has_ipv6()) {
    const Listener both = adopt_listener(bound_to_every_ipv6(false), "both");
    CHECK(address_of(both) == ":" + std::to_string(both.port()));
    const Listener one = adopt_listener(bound_to_every_ipv6(true), "one");
    CHECK(address_of(one) == "[::]:" + std::to_string(one.port()));
  }
}

TEST_CASE("a passed socket of both families is served to clients of both") {
  if (has_ipv6()) {
    std::vector<Listener> listeners;
    listeners.push_back(adopt_listener(bound_to_every_ipv6(false), "both"));
    const HttpServer server(std::move(listeners), 2, answer_with_path, [](int) {});
    REQUIRE(server.ports().size() == 1);
    CHECK(HttpClient(server.ports().front(), "127.0.0.1").get("/4").body == "/4");
    CHECK(HttpClient(server.ports().front(), "::1").get("/6").body == "/6");
  }
}

TEST_CASE("who connects to a passed socket between two servers waits for the second") {
  auto made = listen_on("127.0.0.1:0");
  const UniqueFd socket = std::move(made.front().fd);
  const std::uint16_t port = made.front().port();
  const auto serve = [&socket] {
    std::vector<Listener> listeners;
    listeners.push_back(adopt_listener(copy_of(socket), "efa-agent.socket"));
    return std::make_unique<HttpServer>(std::move(listeners), 2, answer_with_path, [](int) {});
  };
  auto first = serve();
  CHECK(first->ports() == std::vector<std::uint16_t>{port});
  HttpClient idle(port);
  CHECK(idle.get("/1").body == "/1");
  CHECK(first->stop(60s));
  CHECK(idle.read_to_end().empty());  // as of any server that stops
  first.reset();

  HttpClient waiting(port);
  waiting.send("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto second = serve();
  CHECK(waiting.read_answer().body == "/2");
}

TEST_CASE("a server on a passed socket ends when asked to, and the socket goes on listening") {
  auto made = listen_on("127.0.0.1:0");
  const UniqueFd socket = std::move(made.front().fd);
  const std::uint16_t port = made.front().port();
  std::promise<void> begun;
  std::promise<void> go_on;
  std::vector<Listener> listeners;
  listeners.push_back(adopt_listener(copy_of(socket), "efa-agent.socket"));
  HttpServer server(
      std::move(listeners), 2,
      [&](const HttpRequest&, HttpResponse& response) {
        begun.set_value();
        go_on.get_future().wait();
        response.body = "done";
      },
      [](int) {});
  HttpClient client(port);
  client.send("GET /x HTTP/1.1\r\nConnection: close\r\n\r\n");
  begun.get_future().wait();
  auto stopped = std::async(std::launch::async, [&server] { return server.stop(60s); });
  go_on.set_value();
  CHECK(client.read_answer().body == "done");
  CHECK(stopped.get());
  CHECK(can_connect(port));
}

TEST_CASE("stopping on a passed socket leaves no descriptor open, and does not wait for news") {
  auto made = listen_on("127.0.0.1:0");
  const UniqueFd socket = std::move(made.front().fd);
  const std::size_t before = open_descriptors();
  const auto begin = std::chrono::steady_clock::now();
  {
    std::vector<Listener> listeners;
    listeners.push_back(adopt_listener(copy_of(socket), "efa-agent.socket"));
    HttpServer server(std::move(listeners), 2, answer_with_path, [](int) {});
    CHECK(server.stop(60s));
  }
  CHECK(open_descriptors() == before);
  INFO("civetweb looks for news every two seconds by itself");
  CHECK(std::chrono::steady_clock::now() - begin < 1500ms);
}
