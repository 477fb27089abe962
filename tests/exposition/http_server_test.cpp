#include "agent/exposition/http_server.h"

#include <atomic>
#include <filesystem>
#include <future>
#include <latch>
#include <mutex>
#include <numeric>
#include <stdexcept>

#include "tests/support/catch.h"
#include "tests/support/http_client.h"

namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using efa::HttpRequest;
using efa::HttpResponse;
using efa::HttpServer;
using efa::test::http_get;
using efa::test::HttpAnswer;
using efa::test::HttpClient;
using namespace std::chrono_literals;

const std::vector<std::string> loopback{"127.0.0.1:0"};

class Statuses {
 public:
  HttpServer::Observer observer() {
    return [this](int status) {
      const std::lock_guard lock(mutex_);
      seen_.push_back(status);
    };
  }
  std::vector<int> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  std::mutex mutex_;
  std::vector<int> seen_;
};

void answer_with_path(const HttpRequest& request, HttpResponse& response) {
  response.body = request.path;
}

// A server of the fixture most tests need: it says the path, or what the test's handler says.
struct Server {
  explicit Server(HttpServer::Handler handler = answer_with_path, unsigned threads = 4)
      : server(loopback, threads, std::move(handler), statuses.observer()),
        port(server.ports().front()) {}

  Statuses statuses;
  HttpServer server;
  std::uint16_t port;
};

std::string answer_to(const Server& server, std::string_view request) {
  HttpClient client(server.port);
  client.send(request);
  return client.read_to_end();
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

bool can_connect(std::uint16_t port) {
  try {
    const HttpClient client(port);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

std::string problem_of(const std::vector<std::string>& addresses) {
  try {
    const HttpServer server(addresses, 2, answer_with_path, [](int) {});
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

bool has_ipv6() { return problem_of({"[::1]:0"}).empty(); }

}  // namespace

TEST_CASE("an answer is what the handler says, with its length and without sniffing") {
  Server server([](const HttpRequest&, HttpResponse& response) {
    response.status = 404;
    response.content_type = "text/html; charset=utf-8";
    response.content_encoding = "gzip";
    response.extra_headers = "Vary: Accept\r\nX-More: yes\r\n";
    response.body = "not here";
  });
  const HttpAnswer answer = http_get(server.port, "/nowhere");
  CHECK(answer.status_line == "HTTP/1.1 404 Not Found");
  CHECK(answer.body == "not here");
  CHECK(answer.header("Content-Length") == "8");
  CHECK(answer.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(answer.header("Content-Encoding") == "gzip");
  CHECK(answer.header("Vary") == "Accept");
  CHECK(answer.header("X-More") == "yes");
  CHECK(answer.header("X-Content-Type-Options") == "nosniff");
  CHECK(answer.header("Connection") == "keep-alive");
  CHECK_THAT(answer.header("Date").value_or(""), Catch::Matchers::EndsWith(" GMT"));
  CHECK_FALSE(answer.header("Server"));
  CHECK(server.statuses.seen() == std::vector<int>{404});
}

TEST_CASE("a handler sees the decoded path and the headers that choose an answer") {
  std::promise<std::vector<std::string>> seen;
  Server server([&seen](const HttpRequest& request, HttpResponse&) {
    seen.set_value({std::string(request.method), std::string(request.path),
                    std::string(request.accept), std::string(request.accept_encoding),
                    std::string(request.scrape_timeout)});
  });
  HttpClient client(server.port);
  client.get("/a%20b%2Fc//../d?x=%00&y#z",
             "accept: text/plain\r\nACCEPT-ENCODING: gzip\r\nAccept: */*;q=0.1\r\n"
             "X-Prometheus-Scrape-Timeout-Seconds: 9.5\r\n");
  CHECK(seen.get_future().get() ==
        std::vector<std::string>{"GET", "/a b/c//../d", "text/plain, */*;q=0.1", "gzip", "9.5"});
}

TEST_CASE("a handler sees nothing for headers that are absent") {
  Server server([](const HttpRequest& request, HttpResponse& response) {
    response.body = std::to_string(request.accept.size() + request.accept_encoding.size() +
                                   request.scrape_timeout.size());
  });
  CHECK(http_get(server.port, "/").body == "0");
}

TEST_CASE("HEAD is answered like GET but without a body") {
  Server server;
  HttpClient client(server.port);
  client.send("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n");
  const HttpAnswer head = client.read_answer(true);
  CHECK(head.status == 200);
  CHECK(head.header("Content-Length") == "4");
  CHECK(client.get("/next").body == "/next");
}

TEST_CASE("a method that reads nothing is answered with 405 and what is allowed") {
  Server server;
  for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    const std::string answer =
        answer_to(server, method + " /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK_THAT(answer, StartsWith("HTTP/1.1 405 ") && Contains("\r\nAllow: GET, HEAD\r\n"));
  }
  CHECK(server.statuses.seen() == std::vector<int>(5, 405));
}

TEST_CASE("a connection is kept for further requests as its HTTP version has it") {
  Server server;
  SECTION("1.1 keeps it") {
    HttpClient client(server.port);
    for (int i = 0; i < 5; ++i) {
      CHECK(client.get("/x").header("Connection") == "keep-alive");
    }
  }
  SECTION("1.0 keeps it if asked to") {
    HttpClient client(server.port);
    for (int i = 0; i < 2; ++i) {
      client.send("GET /x HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
      CHECK(client.read_answer().header("Connection") == "keep-alive");
    }
  }
  SECTION("1.0 closes it") {
    CHECK_THAT(answer_to(server, "GET /x HTTP/1.0\r\n\r\n"),
               Contains("\r\nConnection: close\r\n") && Contains("\r\n\r\n/x"));
  }
  SECTION("1.1 closes it if asked to") {
    CHECK_THAT(answer_to(server, "GET /x HTTP/1.1\r\nConnection: close\r\n\r\n"),
               Contains("\r\nConnection: close\r\n") && Contains("\r\n\r\n/x"));
  }
}

TEST_CASE("requests sent in one go are answered in their order") {
  Server server;
  HttpClient client(server.port);
  client.send("GET /1 HTTP/1.1\r\n\r\nHEAD /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n");
  CHECK(client.read_answer().body == "/1");
  CHECK(client.read_answer(true).header("Content-Length") == "2");
  CHECK(client.read_answer().body == "/3");
}

TEST_CASE("an exception that leaves a handler is a 500 and nothing else") {
  Server server([](const HttpRequest& request, HttpResponse& response) {
    response.body = "half an answer";
    response.extra_headers = "X-Half: yes\r\n";
    if (request.path == "/standard") {
      throw std::runtime_error("a secret");
    }
    if (request.path == "/odd") {
      throw 42;
    }
  });
  HttpClient client(server.port);
  for (const char* path : {"/standard", "/odd"}) {
    const HttpAnswer answer = client.get(path);
    CHECK(answer.status == 500);
    CHECK(answer.body == "internal error\n");
    CHECK_FALSE(answer.header("X-Half"));
  }
  CHECK(client.get("/fine").status == 200);
  CHECK(server.statuses.seen() == std::vector<int>{500, 500, 200});
}

TEST_CASE("nothing of an answer is left over in the next") {
  Server server([](const HttpRequest& request, HttpResponse& response) {
    if (request.path == "/first") {
      response.status = 503;
      response.content_encoding = "gzip";
      response.extra_headers = "X-First: yes\r\n";
      response.body.assign(100'000, 'x');
    }
  });
  HttpClient client(server.port);
  CHECK(client.get("/first").body.size() == 100'000);
  const HttpAnswer second = client.get("/second");
  CHECK(second.status == 200);
  CHECK(second.body.empty());
  CHECK_FALSE(second.header("X-First"));
  CHECK_FALSE(second.header("Content-Encoding"));
}

TEST_CASE("requests that break the rules are refused and cost nobody else anything") {
  Server server;
  const auto [request, answer] = GENERATE(table<std::string, std::string>({
      {"nonsense\r\n\r\n", "HTTP/1.1 400 "},
      {"GET\r\n\r\n", "HTTP/1.1 400 "},
      {"GET /\r\n\r\n", "HTTP/1.1 400 "},
      {"FETCH / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
      {"GET nowhere HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", "HTTP/1.1 400 "},
      {std::string("GET /\0 HTTP/1.1\r\n\r\n", 19), "HTTP/1.1 400 "},
      {std::string("\0\0\0\0", 4), "HTTP/1.1 400 "},
      {"\x16\x03\x01\x02\x01\x01", "HTTP/1.1 400 "},  // a TLS client
      {"GET / HTTP/2.0\r\n\r\n", "HTTP/1.1 505 "},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 400 "},
      {"GET /%00 HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 "},
      {"GET /%zz HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 "},
      {"GET /% HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 "},
      {"GET /%+f HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 "},
  }));
  CAPTURE(request);
  const std::string received = answer_to(server, request);
  CHECK_THAT(received, StartsWith(answer));
  CHECK_THAT(received, Contains("\r\nConnection: close\r\n") && !Contains("ivetweb"));
  CHECK(server.statuses.seen().size() == 1);
  CHECK(http_get(server.port, "/x").body == "/x");
}

TEST_CASE("a head that is too large is refused") {
  Server server;
  HttpClient client(server.port);
  client.send("GET / HTTP/1.1\r\nX-Long: " + std::string(1'000'000, 'x'));
  client.read_to_end();
  CHECK(server.statuses.seen() == std::vector<int>{400});
  CHECK(http_get(server.port, "/x").body == "/x");
}

TEST_CASE("too many header fields are refused") {
  Server server;
  std::string request = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 100; ++i) {
    request += "X-" + std::to_string(i) + ": y\r\n";
  }
  CHECK_THAT(answer_to(server, request + "\r\n"), StartsWith("HTTP/1.1 431 "));
}

TEST_CASE("a request with a body is answered, and the body never taken for a request") {
  Server server;
  const auto request = GENERATE(as<std::string>(), "GET /x HTTP/1.1\r\nContent-Length: 20\r\n\r\n",
                                "GET /x HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
                                "GET /x HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n",
                                "GET /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n");
  const std::string received = answer_to(server, request + "GET /y HTTP/1.1\r\n\r\n");
  CHECK_THAT(received, StartsWith("HTTP/1.1 200 ") && Contains("\r\nConnection: close\r\n") &&
                           Contains("\r\n\r\n/x") && !Contains("/y"));
}

TEST_CASE("a request for the address of this server is taken") {
  Server server;
  HttpClient client(server.port);
  client.send("GET http://anything:" + std::to_string(server.port) + "/x HTTP/1.1\r\n\r\n");
  CHECK(client.read_answer().body == "/x");
}

TEST_CASE("an upgrade to another protocol is ignored") {
  Server server;
  CHECK_THAT(answer_to(server,
                       "GET /x HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                       "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n\r\n"),
             StartsWith("HTTP/1.1 200 ") && Contains("\r\nConnection: close\r\n"));
}

TEST_CASE("files of the host are not served") {
  Server server([](const HttpRequest&, HttpResponse& response) { response.status = 404; });
  for (const char* path : {"/etc/passwd", "/../../../etc/passwd", "/%2e%2e/etc/passwd", "//"}) {
    CHECK(http_get(server.port, path).status == 404);
  }
}

TEST_CASE("clients that leave early do not harm the server") {
  Server server(
      [](const HttpRequest&, HttpResponse& response) { response.body.assign(8'000'000, 'x'); });
  SECTION("before a request") { HttpClient(server.port).reset(); }
  SECTION("within a request") {
    HttpClient client(server.port);
    client.send("GET /x HT");
    client.reset();
  }
  SECTION("within the answer") {
    HttpClient client(server.port);
    client.send("GET /x HTTP/1.1\r\n\r\n");
    client.reset();
  }
  SECTION("after a half close") {
    HttpClient client(server.port);
    client.send("GET /x HTTP/1.1\r\n\r\n");
    client.end_sending();
    CHECK(client.read_answer().body.size() == 8'000'000);
  }
  CHECK(http_get(server.port, "/x").body.size() == 8'000'000);
}

TEST_CASE("handlers run side by side") {
  std::latch both(2);
  Server server([&both](const HttpRequest&, HttpResponse&) { both.arrive_and_wait(); });
  HttpClient first(server.port);
  HttpClient second(server.port);
  first.send("GET /1 HTTP/1.1\r\n\r\n");
  second.send("GET /2 HTTP/1.1\r\n\r\n");
  CHECK(first.read_answer().status == 200);
  CHECK(second.read_answer().status == 200);
}

TEST_CASE("many clients at once get their own answers") {
  Server server(
      [](const HttpRequest& request, HttpResponse& response) {
        response.body.assign(std::stoul(std::string(request.path.substr(1))), 'x');
      },
      8);
  std::vector<std::future<bool>> clients;
  for (std::size_t i = 0; i < 4; ++i) {
    clients.push_back(std::async(std::launch::async, [port = server.port, i] {
      HttpClient client(port);
      bool right = true;
      for (std::size_t size = i; size < 20'000; size += 997) {
        right = right && client.get("/" + std::to_string(size)).body == std::string(size, 'x');
      }
      return right;
    }));
  }
  for (auto& client : clients) {
    CHECK(client.get());
  }
}

TEST_CASE("connections that say nothing do not keep a scrape out") {
  Server server(answer_with_path, 2);
  std::vector<HttpClient> others;
  SECTION("idle after a request") {
    for (int i = 0; i < 6; ++i) {
      others.emplace_back(server.port);
      CHECK(others.back().get("/other").status == 200);
    }
  }
  SECTION("in the midst of a request") {
    for (int i = 0; i < 6; ++i) {
      others.emplace_back(server.port);
      others.back().send("GET /other HTTP/1.1\r\nX-");
    }
  }
  SECTION("from the beginning") {
    for (int i = 0; i < 6; ++i) {
      others.emplace_back(server.port);
    }
  }
  CHECK(http_get(server.port, "/x").body == "/x");
}

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
  const Server other;
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
  Server server([&](const HttpRequest&, HttpResponse& response) {
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
  Server server;
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
  { const Server first; }  // what is opened once
  const std::size_t before = open_descriptors();
  {
    Server server(answer_with_path, 2);
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
  Server server(
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
  Server server;
  CHECK(server.server.stop(60s));
  CHECK(server.server.stop(60s));
}
