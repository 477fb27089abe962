#include "collectors/imds/imds_client.h"

#include <cerrno>

#include "tests/imds/metadata_service.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace efa::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const HttpEndpoint ipv4{"169.254.169.254", 80, ""};
const HttpEndpoint ipv6{"fd00:ec2::254", 80, ""};

struct Fixture {
  explicit Fixture(std::vector<HttpEndpoint> endpoints = {ipv4})
      : client(transport, clock, std::move(endpoints)) {
    service.use_clock(clock);
    service.set("instance-id", "i-1").set("ami-id", "ami-1").set("tags/instance/iam", "a tag");
  }

  // The value, "-" for none, or the reason of the failure.
  std::string get(std::string_view path = "instance-id") {
    const auto value = client.get(path);
    return value ? value->value_or("-") : std::string(to_string(value.error().reason));
  }
  // How long the client does not want to be asked.
  seconds pause() {
    seconds waited{0};
    while (!client.ready() && waited < hours(1)) {
      clock.advance(seconds(1));
      ++waited;
    }
    return waited;
  }

  ManualClock clock;
  MetadataService service{MetadataTree{}};
  ServiceTransport transport{service};
  ImdsClient client;
};

}  // namespace

TEST_CASE("one token serves many values") {
  Fixture fixture;
  CHECK(fixture.get() == "i-1");
  CHECK(fixture.get("ami-id") == "ami-1");
  CHECK(fixture.service.requests() ==
        std::vector<std::string>{"PUT token", "GET instance-id", "GET ami-id"});
}

TEST_CASE("a token is renewed before it ends") {
  Fixture fixture;
  CHECK(fixture.get() == "i-1");
  fixture.clock.advance(ImdsClient::token_life - ImdsClient::renewed_before - seconds(1));
  CHECK(fixture.get() == "i-1");
  CHECK(fixture.service.count("PUT token") == 1);
  fixture.clock.advance(seconds(1));
  CHECK(fixture.get() == "i-1");
  CHECK(fixture.service.requests() == std::vector<std::string>{"PUT token", "GET instance-id",
                                                               "GET instance-id", "PUT token",
                                                               "GET instance-id"});
}

TEST_CASE("a token that ended before its time is renewed once, and the value asked for again") {
  Fixture fixture;
  CHECK(fixture.get() == "i-1");
  fixture.service.end_tokens();
  fixture.service.forget_requests();
  CHECK(fixture.get() == "i-1");
  CHECK(fixture.service.requests() ==
        std::vector<std::string>{"GET instance-id", "PUT token", "GET instance-id"});
  CHECK(fixture.client.ready());
}

TEST_CASE("a second 401 in a row is final for a while") {
  Fixture fixture;
  fixture.service.answer_data(401);
  CHECK(fixture.get() == "denied");
  CHECK(fixture.service.count() == 4);
  CHECK(fixture.get() == "denied");
  CHECK(fixture.service.count() == 4);
  CHECK(fixture.pause() == minutes(5));
}

TEST_CASE("what is not there is nothing, and no failure") {
  Fixture fixture;
  CHECK(fixture.get("placement/group-name") == "-");
  CHECK(fixture.client.ready());
}

TEST_CASE("a 403 is final for five minutes, for a token and for a value") {
  Fixture fixture;
  const bool of_token = GENERATE(true, false);
  of_token ? fixture.service.answer_tokens(403) : fixture.service.answer_data(403);
  CHECK(fixture.get() == "denied");
  const std::size_t asked = fixture.service.count();
  CHECK(fixture.get("ami-id") == "denied");
  CHECK(fixture.service.count() == asked);
  CHECK(fixture.pause() == minutes(5));
  CHECK(fixture.get() == "denied");
  CHECK(fixture.pause() == minutes(5));
  fixture.service.heal();
  CHECK(fixture.get() == "i-1");
}

TEST_CASE("a time-out is final for a while, the longer the more there are") {
  Fixture fixture;
  fixture.transport.fail(ETIMEDOUT);
  for (const int expected : {30, 60, 120, 240, 300, 300}) {
    CHECK(fixture.get() == "timeout");
    CHECK(fixture.get() == "timeout");
    CHECK(fixture.pause() == seconds(expected));
  }
  CHECK(fixture.transport.hosts.size() == 6);
}

TEST_CASE("throttling, server errors and resets are asked again ever more rarely") {
  Fixture fixture;
  const int failure = GENERATE(429, 500, 503, -ECONNRESET);
  failure > 0 ? fixture.service.answer_data(failure) : fixture.transport.fail(-failure);
  for (const int expected : {1, 2, 4, 8, 16, 32, 60, 60}) {
    CHECK(fixture.get() == "transient");
    CHECK(fixture.pause() == seconds(expected));
  }
}

TEST_CASE("an answer ends the back-off") {
  Fixture fixture;
  fixture.service.answer_data(503, 3);
  for (int i = 0; i < 3; ++i) {
    CHECK(fixture.get() == "transient");
    fixture.pause();
  }
  CHECK(fixture.get() == "i-1");
  fixture.service.answer_data(503);
  CHECK(fixture.get() == "transient");
  CHECK(fixture.pause() == seconds(1));
}

TEST_CASE("a status that IMDS does not have is malformed, and no redirect is followed") {
  Fixture fixture;
  const int status = GENERATE(204, 302, 400);
  fixture.service.answer_data(status);
  const auto value = fixture.client.get("instance-id");
  REQUIRE_FALSE(value);
  CHECK(value.error().reason == Reason::malformed);
  CHECK(value.error().message() == "instance-id: HTTP status " + std::to_string(status));
  CHECK(fixture.service.count() == 2);
  CHECK(fixture.pause() == seconds(1));
}

TEST_CASE("a metadata service without tokens is not used") {
  Fixture fixture;
  fixture.service.answer_tokens(404);
  CHECK(fixture.get() == "denied");
  CHECK(fixture.service.count("GET instance-id") == 0);
}

TEST_CASE("a token that could not stand in a header is none") {
  class BadToken final : public MetadataTransport {
   public:
    explicit BadToken(std::string token) : token_(std::move(token)) {}
    Result<MetadataReply> exchange(const HttpEndpoint& /*endpoint*/,
                                   const MetadataRequest& request) override {
      methods += request.method;
      return MetadataReply{200, token_};
    }
    void disconnect() override {}
    std::string methods;

   private:
    std::string token_;
  };
  BadToken transport(GENERATE(std::string(), std::string("a\r\nX-Evil: 1"), std::string("a b"),
                              std::string(5000, 'a')));
  const ManualClock clock;
  ImdsClient client(transport, clock, {ipv4});
  const auto value = client.get("instance-id");
  REQUIRE_FALSE(value);
  CHECK(value.error().reason == Reason::malformed);
  CHECK(transport.methods == "PUT");
}

TEST_CASE("credentials are never read, nor a path that could lead to them") {
  Fixture fixture;
  fixture.service.set("iam/security-credentials/role", "secret");
  const auto* path =
      GENERATE("iam", "iam/", "iam/info", "iam/security-credentials/role",
               "identity-credentials/ec2/info", "/iam/info", "", "x/../iam/info", "./iam/info",
               "x//iam", "%69am/info", "tags\r\nX: y", "a b", "a?b", "..", "x/..");
  INFO(path);
  CHECK(fixture.get(path) == "malformed");
  CHECK_FALSE(fixture.client.list(path));
  CHECK(fixture.service.count() == 0);
  CHECK(fixture.client.ready());
}

TEST_CASE("a tag may be called iam") {
  Fixture fixture;
  CHECK(fixture.get("tags/instance/iam") == "a tag");
}

TEST_CASE("values are valid UTF-8 without control characters") {
  Fixture fixture;
  fixture.service.set("a", "x\r\ny\t\x1b[31m\x7fz").set("b", "caf\xc3\xa9 \xc3\xff\xc2\x85!");
  CHECK(fixture.get("a") == "xy[31mz");
  CHECK(fixture.get("b") == "caf\xc3\xa9 !");
}

TEST_CASE("a value that is too long costs only itself") {
  Fixture fixture;
  fixture.service.set("a", std::string(ImdsClient::longest_value + 1, 'x'));
  fixture.service.set("b", std::string(ImdsClient::longest_value, 'x'));
  CHECK(fixture.get("a") == "malformed");
  CHECK(fixture.get("b").size() == ImdsClient::longest_value);
  fixture.transport.fail(EMSGSIZE, 1);
  CHECK(fixture.get("b") == "malformed");
  CHECK(fixture.get("b").size() == ImdsClient::longest_value);
}

TEST_CASE("a list is its lines, those of folders with a slash") {
  Fixture fixture;
  fixture.service.set("list", "\n02:00/\r\nb\n\n");
  const auto lines = fixture.client.list("list");
  REQUIRE(lines);
  CHECK(*lines == std::vector<std::string>{"02:00/", "b"});
  const auto none = fixture.client.list("none");
  REQUIRE(none);
  CHECK_FALSE(*none);
}

TEST_CASE("a host without a route to the first endpoint asks the second, and stays with it") {
  Fixture fixture({ipv4, ipv6});
  fixture.transport.fail(GENERATE(ENETUNREACH, EHOSTUNREACH, ECONNREFUSED, EADDRNOTAVAIL),
                         MetadataService::always, ipv4.host);
  CHECK(fixture.get() == "i-1");
  CHECK(fixture.get() == "i-1");
  CHECK(fixture.transport.hosts ==
        std::vector<std::string>{ipv4.host, ipv6.host, ipv6.host, ipv6.host});
}

TEST_CASE("the second endpoint is not asked after a time-out") {
  Fixture fixture({ipv4, ipv6});
  fixture.transport.fail(ETIMEDOUT, MetadataService::always, ipv4.host);
  CHECK(fixture.get() == "timeout");
  CHECK(fixture.transport.hosts == std::vector<std::string>{ipv4.host});
}

TEST_CASE("without a route to either endpoint both are asked again later") {
  Fixture fixture({ipv4, ipv6});
  fixture.transport.fail(ENETUNREACH);
  CHECK(fixture.get() == "transient");
  CHECK(fixture.transport.hosts == std::vector<std::string>{ipv4.host, ipv6.host});
  CHECK(fixture.pause() == seconds(1));
  fixture.transport.fail(0, 0);
  CHECK(fixture.get() == "i-1");
}

TEST_CASE("without an endpoint nothing is asked, ever") {
  Fixture fixture(std::vector<HttpEndpoint>{});
  CHECK_FALSE(fixture.client.ready());
  CHECK(fixture.get() == "unsupported");
  CHECK(fixture.transport.hosts.empty());
}

}  // namespace efa::test
