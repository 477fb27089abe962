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

TEST_CASE("an answer is what the handler says, with its length and without sniffing") {
  Served server([](const HttpRequest&, HttpResponse& response) {
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
  Served server([&seen](const HttpRequest& request, HttpResponse&) {
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
  Served server([](const HttpRequest& request, HttpResponse& response) {
    response.body = std::to_string(request.accept.size() + request.accept_encoding.size() +
                                   request.scrape_timeout.size());
  });
  CHECK(http_get(server.port, "/").body == "0");
}

TEST_CASE("HEAD is answered like GET but without a body") {
  Served server;
  HttpClient client(server.port);
  client.send("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n");
  const HttpAnswer head = client.read_answer(true);
  CHECK(head.status == 200);
  CHECK(head.header("Content-Length") == "4");
  CHECK(client.get("/next").body == "/next");
}

TEST_CASE("a method that reads nothing is answered with 405 and what is allowed") {
  Served server;
  for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    const std::string answer =
        answer_to(server, method + " /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK_THAT(answer, StartsWith("HTTP/1.1 405 ") && Contains("\r\nAllow: GET, HEAD\r\n"));
  }
  CHECK(server.statuses.seen() == std::vector<int>(5, 405));
}

TEST_CASE("a connection is kept for further requests as its HTTP version has it") {
  Served server;
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
  Served server;
  HttpClient client(server.port);
  client.send("GET /1 HTTP/1.1\r\n\r\nHEAD /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n");
  CHECK(client.read_answer().body == "/1");
  CHECK(client.read_answer(true).header("Content-Length") == "2");
  CHECK(client.read_answer().body == "/3");
}

TEST_CASE("an exception that leaves a handler is a 500 and nothing else") {
  Served server([](const HttpRequest& request, HttpResponse& response) {
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
  Served server([](const HttpRequest& request, HttpResponse& response) {
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
  Served server;
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
  Served server;
  HttpClient client(server.port);
  client.send("GET / HTTP/1.1\r\nX-Long: " + std::string(1'000'000, 'x'));
  client.read_to_end();
  CHECK(server.statuses.seen() == std::vector<int>{400});
  CHECK(http_get(server.port, "/x").body == "/x");
}

TEST_CASE("too many header fields are refused") {
  Served server;
  std::string request = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 100; ++i) {
    request += "X-" + std::to_string(i) + ": y\r\n";
  }
  CHECK_THAT(answer_to(server, request + "\r\n"), StartsWith("HTTP/1.1 431 "));
}

TEST_CASE("a request with a body is answered, and the body never taken for a request") {
  Served server;
  const auto request = GENERATE(as<std::string>(), "GET /x HTTP/1.1\r\nContent-Length: 20\r\n\r\n",
                                "GET /x HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
                                "GET /x HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n",
                                "GET /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n");
  const std::string received = answer_to(server, request + "GET /y HTTP/1.1\r\n\r\n");
  CHECK_THAT(received, StartsWith("HTTP/1.1 200 ") && Contains("\r\nConnection: close\r\n") &&
                           Contains("\r\n\r\n/x") && !Contains("/y"));
}

TEST_CASE("a request for the address of this server is taken") {
  Served server;
  HttpClient client(server.port);
  client.send("GET http://anything:" + std::to_string(server.port) + "/x HTTP/1.1\r\n\r\n");
  CHECK(client.read_answer().body == "/x");
}

TEST_CASE("an upgrade to another protocol is ignored") {
  Served server;
  CHECK_THAT(answer_to(server,
                       "GET /x HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                       "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n\r\n"),
             StartsWith("HTTP/1.1 200 ") && Contains("\r\nConnection: close\r\n"));
}

TEST_CASE("files of the host are not served") {
  Served server([](const HttpRequest&, HttpResponse& response) { response.status = 404; });
  for (const char* path : {"/etc/passwd", "/../../../etc/passwd", "/%2e%2e/etc/passwd", "//"}) {
    CHECK(http_get(server.port, path).status == 404);
  }
}

TEST_CASE("clients that leave early do not harm the server") {
  Served server(
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
  Served server([&both](const HttpRequest&, HttpResponse&) { both.arrive_and_wait(); });
  HttpClient first(server.port);
  HttpClient second(server.port);
  first.send("GET /1 HTTP/1.1\r\n\r\n");
  second.send("GET /2 HTTP/1.1\r\n\r\n");
  CHECK(first.read_answer().status == 200);
  CHECK(second.read_answer().status == 200);
}

TEST_CASE("many clients at once get their own answers") {
  Served server(
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
  Served server(answer_with_path, 2);
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
