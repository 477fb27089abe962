#include <atomic>
#include <future>
#include <latch>

#include "tests/exposition/served.h"

namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace efa;
using namespace efa::test;

}  // namespace

TEST_CASE("ports are told in the order of the addresses") {
  const HttpServer server({"127.0.0.1:0", "127.0.0.2:0", "localhost:0"}, 2, answer_with_path,
                          [](int) {});
  const auto& ports = server.ports();
  REQUIRE(ports.size() == 3);
  CHECK(HttpClient(ports[0], "127.0.0.1").get("/1").body == "/1");
  CHECK(HttpClient(ports[1], "127.0.0.2").get("/2").body == "/2");
  CHECK(HttpClient(ports[2], "127.0.0.1").get("/3").body == "/3");
}

TEST_CASE("an address without a host is every address") {
  const auto address = GENERATE(as<std::string>(), ":0", "[::]:0");
  if (address == ":0" || has_ipv6()) {
    const HttpServer server({address}, 2, answer_with_path, [](int) {});
    CHECK(HttpClient(server.ports().front(), "127.0.0.1").get("/4").body == "/4");
    CHECK(HttpClient(server.ports().front(), "127.0.0.9").get("/4").body == "/4");
    if (has_ipv6()) {
      CHECK(HttpClient(server.ports().front(), "::1").get("/6").body == "/6");
    }
  }
}

TEST_CASE("an IPv6 address stands in brackets") {
  if (has_ipv6()) {
    const HttpServer server({"[::1]:0"}, 2, answer_with_path, [](int) {});
    CHECK(HttpClient(server.ports().front(), "::1").get("/6").body == "/6");
    CHECK_FALSE(can_connect(server.ports().front()));
  }
}

TEST_CASE("an address that cannot be listened on is named with the reason") {
  CHECK_THAT(problem_of({"192.0.2.1:0"}),
             Contains("\"192.0.2.1:0\"") && Contains("not an address of this host"));
  CHECK_THAT(problem_of({"127.0.0.1:0", "no.such.host.invalid:80"}),
             Contains("\"no.such.host.invalid:80\"") && Contains("not known"));
  const Served other;
  const std::string taken = "127.0.0.1:" + std::to_string(other.port);
  CHECK_THAT(problem_of({"127.0.0.1:0", taken}),
             Contains("\"" + taken + "\"") && Contains("in use"));
}

TEST_CASE("an address that makes no sense is refused") {
  for (const char* text : {"", "10045", "localhost", "127.0.0.1:", ":http", ":65536", ":-1", ": 1",
                           ":1s", ":1\n", "::1:80", "[::1]", "[::1:80", "127.0.0.1:80,:81"}) {
    CAPTURE(text);
    CHECK_THAT(problem_of({text}), StartsWith("cannot listen on \"" + std::string(text) + "\": "));
  }
}

TEST_CASE("stopping lets a request that is being answered finish") {
  std::promise<void> begun;
  std::promise<void> go_on;
  Served server([&](const HttpRequest&, HttpResponse& response) {
    begun.set_value();
    go_on.get_future().wait();
    response.body.assign(100'000, 'x');
  });
  HttpClient client(server.port);
  client.send("GET /x HTTP/1.1\r\n\r\n");
  begun.get_future().wait();
  auto stopped = std::async(std::launch::async, [&server] { return server.server.stop(60s); });
  while (can_connect(server.port)) {
  }
  go_on.set_value();
  const HttpAnswer answer = client.read_answer();
  CHECK(answer.body.size() == 100'000);
  CHECK(answer.header("Connection") == "close");
  CHECK(stopped.get());
}

TEST_CASE("stopping closes connections on which nothing happens and frees the port") {
  Served server;
  HttpClient idle(server.port);
  idle.get("/x");
  HttpClient half(server.port);
  half.send("GET /x HT");
  HttpClient silent(server.port);
  CHECK(server.server.stop(60s));
  CHECK(idle.read_to_end().empty());
  CHECK(silent.read_to_end().empty());
  CHECK_FALSE(can_connect(server.port));
  const std::string address = "127.0.0.1:" + std::to_string(server.port);
  CHECK(problem_of({address}).empty());
}

TEST_CASE("stopping leaves no descriptor open") {
  { const Served first; }  // what is opened once
  const std::size_t before = open_descriptors();
  {
    Served server(answer_with_path, 2);
    std::vector<HttpClient> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back(server.port);
      clients.back().send("GET /x HT");
    }
    CHECK(server.server.stop(60s));
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("stopping does not wait for a client that does not read its answer") {
  Served server(
      [](const HttpRequest&, HttpResponse& response) { response.body.assign(64'000'000, 'x'); });
  HttpClient client(server.port);
  client.send("GET /x HTTP/1.1\r\n\r\n");
  client.await_answer();
  CHECK(server.server.stop(100ms));
}

TEST_CASE("stopping leaves a handler that does not return behind") {
  struct Farewell {
    std::promise<void> said;
    ~Farewell() { said.set_value(); }
  };
  auto farewell = std::make_shared<Farewell>();
  auto gone = farewell->said.get_future();
  std::promise<void> begun;
  std::promise<void> go_on;
  {
    const HttpServer::Handler handler = [&begun, released = go_on.get_future().share(), farewell](
                                            const HttpRequest&, HttpResponse&) {
      begun.set_value();
      released.wait();
    };
    farewell.reset();
    HttpServer server(loopback, 2, handler, [](int) {});
    HttpClient client(server.ports().front());
    client.send("GET /x HTTP/1.1\r\n\r\n");
    begun.get_future().wait();
    CHECK_FALSE(server.stop(10ms));
    CHECK_FALSE(can_connect(server.ports().front()));
    CHECK(server.stop(10ms));
  }
  go_on.set_value();
  gone.wait();  // the thread that was left behind has cleaned up
}

TEST_CASE("a server that was never asked anything stops") {
  Served server;
  CHECK(server.server.stop(60s));
  CHECK(server.server.stop(60s));
}
