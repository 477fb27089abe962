#include "agent/tls/tls_server.h"

#include <sys/socket.h>

#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

#include <openssl/ssl.h>

#include "tests/support/catch.h"
#include "tests/support/http_client.h"
#include "tests/tls/served_tls.h"

namespace efa {
namespace {

using Catch::Contains;
using Catch::EndsWith;
using Catch::StartsWith;
using namespace std::chrono_literals;
using namespace efa::test;

TEST_CASE("a request over TLS reaches the handler with all its headers") {
  Served served;
  TlsClient client(served.port, {ca().certificate, {}, 0, ""});
  const std::string answer = client.get("/a%20b?q=1",
                                        "Accept: x\r\nAccept: y\r\nAuthorization: Basic z\r\n"
                                        "X-Prometheus-Scrape-Timeout-Seconds: 10\r\n");
  CHECK_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n") &&
                         EndsWith("\r\n\r\nGET /a b x, y|Basic z|10") &&
                         Contains("\r\nConnection: keep-alive\r\n"));
  CHECK(client.version() == "TLSv1.3");
  CHECK_THAT(client.get("http://localhost/abs"), EndsWith("GET /abs ||"));
  client.send("HEAD /h HTTP/1.1\r\nConnection: close\r\n\r\n");
  CHECK_THAT(client.read_to_end(), Contains("Content-Length: 10\r\n") && EndsWith("\r\n\r\n"));
  CHECK(served.statuses() == std::vector<int>{200, 200, 200});
}

TEST_CASE("requests that follow each other at once are answered in turn") {
  Served served;
  TlsClient client(served.port);
  client.send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\nConnection: close\r\n\r\n");
  CHECK_THAT(client.read_answer(), EndsWith("GET /1 ||"));
  CHECK_THAT(client.read_to_end(), EndsWith("GET /2 ||"));
}

TEST_CASE("a broken request is refused with a status, and the connection closed") {
  Served served;
  const auto [request, status] = GENERATE_REF(table<std::string, std::string>({
      {"POST / HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 405 "},
      {"BREW / HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 405 "},
      {"nonsense\r\n\r\n", "HTTP/1.1 400 "},
      {"GET / HTTP/3.0\r\n\r\n", "HTTP/1.1 505 "},
      {"GET /%zz HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 "},
      {"GET x HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 "},
      {"GET / HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n", "HTTP/1.1 431 "},
      {"GET /y HTTP/1.1\r\nContent-Length: 5\r\n\r\nGET /z HTTP/1.1\r\n\r\n", "HTTP/1.1 200 "},
      {"GET /y HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", "HTTP/1.1 200 "},
      {"GET /y HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n", "HTTP/1.1 200 "},
      {"GET /y HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", "HTTP/1.1 200 "},
  }));
  CAPTURE(request);
  TlsClient client(served.port);
  client.send(request);
  const std::string answer = client.read_to_end();
  CHECK_THAT(answer,
             StartsWith(status) && Contains("\r\nConnection: close\r\n") && !Contains("/z"));
  CHECK(served.statuses().size() == 1);
  CHECK_THAT(outcome(served.port), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("a handler that throws is a 500 without a word of it") {
  Served served(web_config(),
                [](const HttpRequest&, HttpResponse&) { throw std::runtime_error("secret"); });
  CHECK_THAT(outcome(served.port), StartsWith("HTTP/1.1 500 ") && !Contains("secret"));
}

TEST_CASE("plain HTTP is told that this is an HTTPS server") {
  Served served;
  HttpClient client(served.port);
  client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK_THAT(client.read_to_end(),
             StartsWith("HTTP/1.0 400 Bad Request\r\n") &&
                 EndsWith("Client sent an HTTP request to an HTTPS server.\n"));
  CHECK(served.statuses() == std::vector<int>{400});
}

TEST_CASE("garbage in place of a handshake harms nobody") {
  Served served;
  for (const char* bytes : {"\x16\x03\x01\xff\xff", "\x80\x2e\x01", "\x01\x02\x03\x04", "\n"}) {
    HttpClient client(served.port);
    client.send(bytes);
    client.end_sending();
    client.read_to_end();
  }
  { const HttpClient silent(served.port); }
  HttpClient leaves(served.port);
  leaves.send("\x16\x03\x01");
  leaves.reset();
  CHECK_THAT(outcome(served.port), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("versions that are too old are refused") {
  LoadedWebConfig config = web_config();
  SECTION("by default TLS 1.2 is the oldest") {
    Served served(config);
    CHECK_THAT(outcome(served.port, {"", {}, TLS1_1_VERSION, ""}), StartsWith("handshake"));
    CHECK_THAT(outcome(served.port, {"", {}, TLS1_2_VERSION, ""}), StartsWith("HTTP/1.1 200 "));
  }
  SECTION("min_version") {
    config.config.tls->min_version = TlsVersion::tls13;
    Served served(config);
    CHECK(outcome(served.port, {"", {}, TLS1_2_VERSION, ""}) ==
          "handshake: tlsv1 alert protocol version");
    CHECK_THAT(outcome(served.port, {"", {}, TLS1_3_VERSION, ""}), StartsWith("HTTP/1.1 200 "));
  }
  SECTION("max_version") {
    config.config.tls->max_version = TlsVersion::tls12;
    Served served(config);
    CHECK(TlsClient(served.port).version() == "TLSv1.2");
  }
}

TEST_CASE("HTTP/1.1 is the protocol, whatever else a client can") {
  Served served;
  CHECK(TlsClient(served.port, {"", {}, 0, "\x02h2\x08http/1.1"}).protocol() == "http/1.1");
  CHECK(TlsClient(served.port).protocol().empty());
  CHECK_THAT(outcome(served.port, {"", {}, 0, "\x02h2"}), Contains("no application protocol"));
}

TEST_CASE("a new context is for new connections, and old ones go on") {
  Served served;
  TlsClient old(served.port);
  CHECK(old.server_name() == "localhost");
  const UniqueFd waiting = connect_to(served.port);
  served.change(web_config(make_certificate(ca(), {"renewed"})));
  CHECK(TlsClient(served.port).server_name() == "renewed");
  CHECK_THAT(old.get("/x"), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("half handshakes are ended after their time, and hold nobody up") {
  TlsServer::Limits limits;
  limits.handshake = limits.request = limits.keep_alive = limits.farewell = 50ms;
  Served served(web_config(), answer_with_path, 4, limits);
  HttpClient half(served.port);
  half.send("\x16\x03\x01");
  CHECK(half.read_to_end().empty());
  TlsClient silent(served.port);
  CHECK_THROWS(silent.read_to_end());  // without a farewell, or with one
}

TEST_CASE("when all places are taken, those without a handshake make room first") {
  Served served(web_config(), answer_with_path, 4);
  TlsClient kept(served.port);
  CHECK_THAT(kept.get("/x"), StartsWith("HTTP/1.1 200 "));
  std::vector<UniqueFd> held;
  for (int i = 0; i < 40; ++i) {
    held.push_back(connect_to(served.port));
    static_cast<void>(::send(held.back().get(), "\x16\x03\x01", 3, MSG_NOSIGNAL));
  }
  CHECK_THAT(outcome(served.port), StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(kept.get("/y"), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("handlers run side by side, and none waits for a slow client") {
  std::latch both(2);
  Served served(web_config(),
                [&both](const HttpRequest&, HttpResponse&) { both.arrive_and_wait(); });
  std::thread other([&] { static_cast<void>(outcome(served.port)); });
  CHECK_THAT(outcome(served.port), StartsWith("HTTP/1.1 200 "));
  other.join();
}

TEST_CASE("large answers arrive whole, and clients that do not read them do not harm") {
  Served served(web_config(), [](const HttpRequest&, HttpResponse& response) {
    response.body.assign(8'000'000, 'x');
  });
  TlsClient lazy(served.port);
  lazy.send("GET / HTTP/1.1\r\n\r\n");
  TlsClient client(served.port);
  CHECK(client.get("/").size() > 8'000'000);
}

TEST_CASE("to stop is to finish what is being answered, and to end the rest at once") {
  std::latch answering(1);
  std::latch go_on(1);
  Served served(web_config(), [&](const HttpRequest& request, HttpResponse& response) {
    response.body = "done";
    if (request.path == "/slow") {
      answering.count_down();
      go_on.wait();
    }
  });
  TlsClient idle(served.port);
  CHECK_THAT(idle.get("/"), EndsWith("done"));
  TlsClient slow(served.port);
  slow.send("GET /slow HTTP/1.1\r\n\r\n");
  answering.wait();
  std::string answer;
  std::thread reader([&] { answer = slow.read_to_end(); });
  std::thread ending([&] {
    CHECK_THROWS(idle.read_to_end());  // closed while the slow one is still being answered
    go_on.count_down();
  });
  CHECK(served.server.stop(20s));
  reader.join();
  ending.join();
  CHECK_THAT(answer, EndsWith("done") && Contains("Connection: close"));
  CHECK_THROWS(connect_to(served.port));
}

// Tells when nobody has it any more: the threads of a server that nobody waits for go on using it.
struct KeptContext {
  std::shared_ptr<SSL_CTX> context;
  std::shared_ptr<std::latch> gone;

  KeptContext(std::shared_ptr<SSL_CTX> of, std::shared_ptr<std::latch> tells)
      : context(std::move(of)), gone(std::move(tells)) {}
  KeptContext(const KeptContext&) = delete;
  KeptContext& operator=(const KeptContext&) = delete;
  ~KeptContext() {
    context.reset();
    gone->count_down();
  }
};

TEST_CASE("a handler that does not return is told, and keeps what it needs") {
  const auto answering = std::make_shared<std::latch>(1);
  const auto go_on = std::make_shared<std::latch>(1);
  const auto gone = std::make_shared<std::latch>(2);
  {
    auto kept = std::make_shared<KeptContext>(load_tls_context(web_config()).context, gone);
    TlsServer server(
        {"127.0.0.1:0"}, 2, [kept = std::move(kept)] { return kept->context; },
        [=](const HttpRequest&, HttpResponse&) {
          answering->count_down();
          go_on->wait();
          gone->count_down();
        },
        [](int) {});
    TlsClient client(server.ports().front());
    client.send("GET /slow HTTP/1.1\r\n\r\n");
    answering->wait();
    CHECK_FALSE(server.stop(0ms));
  }
  go_on->count_down();
  gone->wait();
}

TEST_CASE("the constructor says which address cannot be had") {
  Served served;
  const std::string taken = "127.0.0.1:" + std::to_string(served.port);
  CHECK_THROWS_WITH(TlsServer({taken}, 2, nullptr, answer_with_path, [](int) {}), Contains(taken));
}

}  // namespace
}  // namespace efa
