#include "agent/daemon/self_probe.h"

#include "agent/exposition/http_server.h"
#include "tests/support/catch.h"

namespace {

using namespace efa;
using std::chrono::seconds;

void answer(const HttpRequest& request, HttpResponse& response) {
  response.status = request.path == "/healthz" ? 200 : 503;
}

}  // namespace

TEST_CASE("the probe is content with an answer of 200 and with nothing else") {
  HttpServer server({"127.0.0.1:0"}, 4, answer, [](int) {});
  const auto port = server.ports().front();
  CHECK(probe_http("127.0.0.1:0", port, "/healthz", seconds(5)));
  CHECK(probe_http(":0", port, "/healthz", seconds(5)));
  CHECK(probe_http("0.0.0.0:0", port, "/healthz", seconds(5)));
  const auto other = probe_http("127.0.0.1:0", port, "/other", seconds(5));
  REQUIRE_FALSE(other);
  CHECK(other.error().message().find("/other answers HTTP/1.1 503") == 0);
}

TEST_CASE("the probe fails where nobody listens") {
  std::uint16_t port = 0;
  {
    HttpServer server({"127.0.0.1:0"}, 1, answer, [](int) {});
    port = server.ports().front();
  }
  CHECK_FALSE(probe_http("127.0.0.1:0", port, "/healthz", seconds(5)));
}
