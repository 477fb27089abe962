#include "collectors/imds/http_transport.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>

#include "tests/imds/fake_imds.h"
#include "tests/support/catch.h"

namespace efa::test {
namespace {

using Manner = FakeImds::Manner;
using std::chrono::milliseconds;

// Wide, so that a slow machine fails nothing; where a time-out is expected, `short_limits`.
constexpr HttpTransport::Limits long_limits{milliseconds(20'000), milliseconds(20'000)};
constexpr HttpTransport::Limits short_limits{milliseconds(50), milliseconds(50)};

const MetadataRequest token_request{
    "PUT", "/latest/api/token", {{"X-aws-ec2-metadata-token-ttl-seconds", "60"}}};

struct Fixture {
  explicit Fixture(const std::string& address = "127.0.0.1",
                   HttpTransport::Limits limits = long_limits)
      : imds(service, address), transport(limits) {}

  Result<MetadataReply> ask() { return transport.exchange(imds.endpoint(), token_request); }

  MetadataService service{MetadataTree{}};
  FakeImds imds;
  HttpTransport transport;
};

Error failure_of(Manner manner) {
  Fixture fixture;
  fixture.imds.behave(manner);
  const auto reply = fixture.ask();
  REQUIRE_FALSE(reply);
  return reply.error();
}

// Sets a variable for one test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

// A port of this machine that does not take the connections that are made to it.
class DeafPort {
 public:
  DeafPort() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener_.get(), any, size) == 0);
    REQUIRE(::listen(listener_.get(), 0) == 0);
    REQUIRE(::getsockname(listener_.get(), any, &size) == 0);
    endpoint_ = {"127.0.0.1", ntohs(address.sin_port), ""};
    // The backlog takes one or two; all later ones wait.
    for (UniqueFd& fd : waiting_) {
      fd = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(fd.get(), any, size);
    }
  }
  [[nodiscard]] const HttpEndpoint& endpoint() const { return endpoint_; }

 private:
  UniqueFd listener_;
  std::array<UniqueFd, 4> waiting_;
  HttpEndpoint endpoint_;
};

}  // namespace

TEST_CASE("an exchange sends the headers and returns status and body") {
  Fixture fixture;
  fixture.service.set("instance-id", "i-1");
  const auto token = fixture.ask();
  REQUIRE(token);
  CHECK(token->status == 200);
  const auto value = fixture.transport.exchange(
      fixture.imds.endpoint(),
      {"GET", "/latest/meta-data/instance-id", {{"X-aws-ec2-metadata-token", token->body}}});
  REQUIRE(value);
  CHECK(value->status == 200);
  CHECK(value->body == "i-1");
  CHECK(fixture.imds.last_head() == "GET /latest/meta-data/instance-id HTTP/1.1\r\nHost: " +
                                        fixture.imds.endpoint().authority() +
                                        "\r\nX-aws-ec2-metadata-token: " + token->body + "\r\n");
}

TEST_CASE("any status is an answer") {
  Fixture fixture;
  for (const int status : {400, 401, 403, 404, 429, 500, 503}) {
    fixture.service.answer_tokens(status);
    const auto reply = fixture.ask();
    REQUIRE(reply);
    CHECK(reply->status == status);
  }
}

TEST_CASE("IPv6 and names are reached like IPv4") {
  {
    Fixture fixture("::1");
    const auto reply = fixture.ask();
    REQUIRE(reply);
    CHECK(fixture.imds.last_head().find("\r\nHost: [::1]:") != std::string::npos);
  }
  Fixture fixture;
  CHECK(fixture.transport.exchange({"localhost", fixture.imds.port(), ""}, token_request));
}

TEST_CASE("the endpoint's prefix stands before the path") {
  Fixture fixture;
  HttpEndpoint endpoint = fixture.imds.endpoint();
  endpoint.base = "/proxy/imds";
  REQUIRE(fixture.transport.exchange(endpoint, {"GET", "/latest/x", {}}));
  CHECK(fixture.imds.last_head().starts_with("GET /proxy/imds/latest/x HTTP/1.1\r\n"));
}

TEST_CASE("one connection serves one exchange after another until it is let go") {
  Fixture fixture;
  fixture.imds.behave(GENERATE(Manner::proper, Manner::chunked));
  for (int i = 0; i < 3; ++i) {
    REQUIRE(fixture.ask());
  }
  CHECK(fixture.imds.connections() == 1);
  fixture.transport.disconnect();
  REQUIRE(fixture.ask());
  CHECK(fixture.imds.connections() == 2);
}

TEST_CASE("another endpoint gets a connection of its own") {
  Fixture fixture;
  FakeImds other(fixture.service);
  REQUIRE(fixture.ask());
  REQUIRE(fixture.transport.exchange(other.endpoint(), token_request));
  CHECK(fixture.imds.connections() == 1);
  CHECK(other.connections() == 1);
}

TEST_CASE("a server that closes after each answer is connected to anew") {
  Fixture fixture;
  fixture.imds.behave(GENERATE(Manner::closing, Manner::dropping, Manner::ended));
  for (int i = 0; i < 3; ++i) {
    const auto reply = fixture.ask();
    REQUIRE(reply);
    CHECK(reply->status == 200);
  }
  CHECK(fixture.imds.connections() == 3);
}

TEST_CASE("a body is put together of its chunks, or ends with the connection") {
  Fixture fixture;
  fixture.imds.behave(GENERATE(Manner::chunked, Manner::ended));
  const auto reply = fixture.ask();
  REQUIRE(reply);
  CHECK(reply->body == "AQAEA-token-1==");
}

TEST_CASE("a redirect is an answer like any other and leads nowhere") {
  Fixture fixture;
  fixture.imds.behave(Manner::redirected);
  const auto reply = fixture.ask();
  REQUIRE(reply);
  CHECK(reply->status == 302);
  CHECK(fixture.service.count() == 1);
}

TEST_CASE("proxies of the environment are never used") {
  Fixture fixture;
  MetadataService other(MetadataTree{});
  FakeImds proxy(other);
  const Variable lower("http_proxy", proxy.url());
  const Variable upper("HTTP_PROXY", proxy.url());
  const Variable all("ALL_PROXY", proxy.url());
  REQUIRE(fixture.ask());
  CHECK(fixture.imds.connections() == 1);
  CHECK(proxy.connections() == 0);
}

TEST_CASE("a body of more than 64 KiB is refused") {
  const Error error = failure_of(GENERATE(Manner::oversized, Manner::endless));
  CHECK(error.reason == Reason::malformed);
  CHECK(error.errno_value == EMSGSIZE);
}

TEST_CASE("a body of 64 KiB is taken") {
  const std::string body(HttpTransport::longest_body, 'x');
  Fixture fixture;
  fixture.service.set("big", body);
  const auto token = fixture.ask();
  REQUIRE(token);
  const auto reply = fixture.transport.exchange(
      fixture.imds.endpoint(),
      {"GET", "/latest/meta-data/big", {{"X-aws-ec2-metadata-token", token->body}}});
  REQUIRE(reply);
  CHECK(reply->body == body);
}

TEST_CASE("what is no HTTP is malformed") {
  const Error error = failure_of(Manner::garbage);
  CHECK(error.reason == Reason::malformed);
  CHECK(error.errno_value == EPROTO);
  CHECK(error.context.starts_with("PUT http://127.0.0.1:"));
  CHECK(error.context.ends_with("/latest/api/token"));
}

TEST_CASE("a connection that is reset or ends early is transient") {
  const Error error = failure_of(GENERATE(Manner::reset, Manner::truncated));
  CHECK(error.reason == Reason::transient);
  CHECK(error.errno_value == ECONNRESET);
}

TEST_CASE("a connection that was reset is not asked again on the way") {
  Fixture fixture;
  fixture.imds.behave(Manner::reset);
  REQUIRE_FALSE(fixture.ask());
  CHECK(fixture.service.count() == 1);
}

TEST_CASE("after a failure the next exchange starts afresh") {
  Fixture fixture;
  fixture.imds.behave(GENERATE(Manner::garbage, Manner::oversized, Manner::truncated));
  REQUIRE_FALSE(fixture.ask());
  fixture.imds.behave(Manner::proper);
  const auto reply = fixture.ask();
  REQUIRE(reply);
  CHECK(reply->status == 200);
}

TEST_CASE("a server that takes the request and never answers is a time-out") {
  Fixture fixture("127.0.0.1", short_limits);
  fixture.imds.behave(Manner::silent);
  const auto reply = fixture.ask();
  REQUIRE_FALSE(reply);
  CHECK(reply.error().reason == Reason::timeout);
}

TEST_CASE("a kept connection that no longer answers is a time-out") {
  Fixture fixture("127.0.0.1", {milliseconds(20'000), milliseconds(500)});
  REQUIRE(fixture.ask());
  fixture.imds.behave(Manner::silent);
  const auto reply = fixture.ask();
  REQUIRE_FALSE(reply);
  CHECK(reply.error().reason == Reason::timeout);
}

TEST_CASE("a host that takes no connection is a time-out of its own, shorter limit") {
  const DeafPort port;
  HttpTransport transport({milliseconds(50), milliseconds(600'000)});
  const auto reply = transport.exchange(port.endpoint(), token_request);
  REQUIRE_FALSE(reply);
  CHECK(reply.error().reason == Reason::timeout);
}

TEST_CASE("a port without a server, and a name that is none, cannot be connected to") {
  std::uint16_t port = 0;
  {
    MetadataService service(MetadataTree{});
    port = FakeImds(service).port();
  }
  HttpTransport transport(long_limits);
  const auto refused = transport.exchange({"127.0.0.1", port, ""}, token_request);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().errno_value == ECONNREFUSED);
  const auto unknown = transport.exchange({"256.256.256.256", 80, ""}, token_request);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().errno_value == EHOSTUNREACH);
}

TEST_CASE("nothing that would be a second line of the request is sent") {
  Fixture fixture;
  const auto with_path = [](std::string path) {
    return MetadataRequest{"GET", std::move(path), {}};
  };
  CHECK_FALSE(fixture.transport.exchange(fixture.imds.endpoint(), with_path("/a b")));
  CHECK_FALSE(fixture.transport.exchange(fixture.imds.endpoint(), with_path("/a\r\nX: y")));
  CHECK_FALSE(
      fixture.transport.exchange(fixture.imds.endpoint(), {"GET", "/a", {{"X", "y\r\nZ: 1"}}}));
  CHECK(fixture.imds.connections() == 0);
}

}  // namespace efa::test
