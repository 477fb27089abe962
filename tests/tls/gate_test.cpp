#include "agent/tls/gate.h"

#include <string>

#include "agent/exposition/http_message.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace efa {
namespace {

using Catch::Contains;
using namespace std::chrono_literals;

struct Gated {
  std::string ask(std::string_view authorization = {}) {
    HttpRequest request;
    request.method = "GET";
    request.path = "/metrics";
    request.authorization = authorization;
    HttpResponse response;
    gate.answer(request, response, [this](const HttpRequest&, HttpResponse& inner) {
      ++passed;
      inner.body = "secret";
      inner.extra_headers = "Content-Security-Policy: default-src 'none'\r\nVary: Accept\r\n";
    });
    std::string head;
    write_head(response, "", true, head);
    return head + response.body;
  }

  test::ManualClock clock;
  std::shared_ptr<WebConfig> config = std::make_shared<WebConfig>();
  unsigned computed = 0;
  int passed = 0;
  Gate gate{[this] { return config; }, clock,
            [this](const std::string& password, const std::string& setting) {
              ++computed;
              return bcrypt(password, setting);
            }};
};

TEST_CASE("without users everybody passes, and nothing is computed") {
  Gated gated;
  CHECK_THAT(gated.ask(), Contains("HTTP/1.1 200") && Contains("secret"));
  CHECK_THAT(gated.ask("Basic garbage"), Contains("HTTP/1.1 200"));
  CHECK(gated.computed == 0);
}

TEST_CASE("who has no password is told so, and sees nothing") {
  Gated gated;
  gated.config->users = {{"alice", bcrypt("wonderland", "$2b$04$abcdefghijklmnopqrstuu")}};
  for (const char* header : {"", "Basic garbage", "Bearer x", "Basic YWxpY2U6eA=="}) {
    const std::string answer = gated.ask(header);
    CHECK_THAT(answer, Contains("HTTP/1.1 401") && Contains("\r\nWWW-Authenticate: Basic") &&
                           !Contains("secret"));
  }
  CHECK(gated.computed == 1);  // only of what may be a password
  CHECK(gated.passed == 0);
  CHECK_THAT(gated.ask("Basic YWxpY2U6d29uZGVybGFuZA=="), Contains("secret"));
  // Another file, another password: at once.
  gated.config->users["alice"] = bcrypt("mirror", "$2b$04$abcdefghijklmnopqrstuu");
  CHECK_THAT(gated.ask("Basic YWxpY2U6d29uZGVybGFuZA=="), Contains("HTTP/1.1 401"));
}

TEST_CASE("configured headers are on every answer, in place of our own of that name") {
  Gated gated;
  gated.config->headers = {{"Content-Security-Policy", "default-src 'self'"},
                           {"X-Content-Type-Options", "nosniff"},
                           {"X-Frame-Options", "deny"}};
  const std::string answer = gated.ask();
  CHECK_THAT(answer, Contains("\r\nContent-Security-Policy: default-src 'self'\r\n") &&
                         Contains("\r\nX-Frame-Options: deny\r\n") &&
                         Contains("\r\nVary: Accept\r\n") && !Contains("'none'"));
  CHECK(answer.find("X-Content-Type-Options") == answer.rfind("X-Content-Type-Options"));
  gated.config->users = {{"alice", std::string(60, 'x')}};
  CHECK_THAT(gated.ask(), Contains("HTTP/1.1 401") && Contains("\r\nX-Frame-Options: deny\r\n") &&
                              Contains("\r\nWWW-Authenticate: Basic"));
}

TEST_CASE("the limit of requests lets a burst through, and one more for each interval") {
  Gated gated;
  gated.config->rate_limit = {1s, 2};
  CHECK_THAT(gated.ask(), Contains("HTTP/1.1 200"));
  CHECK_THAT(gated.ask(), Contains("HTTP/1.1 200"));
  CHECK_THAT(gated.ask(), Contains("HTTP/1.1 429"));
  gated.clock.advance(1s);
  CHECK_THAT(gated.ask(), Contains("HTTP/1.1 200"));
  CHECK_THAT(gated.ask(), Contains("HTTP/1.1 429"));
  gated.clock.advance(1h);
  CHECK_THAT(gated.ask(), Contains("HTTP/1.1 200"));
  CHECK_THAT(gated.ask(), Contains("HTTP/1.1 200"));
  CHECK_THAT(gated.ask(), Contains("HTTP/1.1 429"));
  gated.config->rate_limit = {};
  CHECK_THAT(gated.ask(), Contains("HTTP/1.1 200"));
}

}  // namespace
}  // namespace efa
