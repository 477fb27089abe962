#include <string>

#include "collectors/imds/http_endpoint.h"
#include "collectors/imds/imds_endpoints.h"
#include "tests/support/catch.h"

namespace efa::test {
namespace {

std::vector<std::string> hosts_of(const ImdsSettings& settings) {
  const auto endpoints = imds_endpoints(settings);
  REQUIRE(endpoints);
  std::vector<std::string> hosts;
  for (const HttpEndpoint& endpoint : *endpoints) {
    hosts.push_back(endpoint.authority());
  }
  return hosts;
}

}  // namespace

TEST_CASE("a URL of a host, an address or an IPv6 address in brackets is an endpoint") {
  const auto check = [](const char* url, const HttpEndpoint& expected) {
    INFO(url);
    const auto endpoint = parse_http_endpoint(url);
    REQUIRE(endpoint);
    CHECK(*endpoint == expected);
  };
  check("http://169.254.169.254", {"169.254.169.254", 80, ""});
  check("http://169.254.169.254/", {"169.254.169.254", 80, ""});
  check("http://localhost:1338/", {"localhost", 1338, ""});
  check("http://[fd00:ec2::254]", {"fd00:ec2::254", 80, ""});
  check("http://[::1]:65535/a/b//", {"::1", 65535, "/a/b"});
}

TEST_CASE("what is no http URL is an error that quotes it") {
  const auto* url = GENERATE(
      "", "169.254.169.254", "https://host", "http://", "http://:80", "http:///path", "http://a:0",
      "http://a:65536", "http://a:", "http://a:x", "http://a:80:90", "http://user@host",
      "http://host?q", "http://host/a?q", "http://host/#", "http://[::1", "http://[1.2.3.4]",
      "http://[::1]x", "http://[fe80::1%eth0]", "http://::1", "http://ho st", "http://host/a b",
      "http://host/..", "http://host:80\n", "http://host/\r\nX: y", "HTTP://host");
  INFO(url);
  const auto endpoint = parse_http_endpoint(url);
  REQUIRE_FALSE(endpoint);
  CHECK(endpoint.error().reason == Reason::malformed);
  CHECK(endpoint.error().message().find('"' + std::string(url) + '"') != std::string::npos);
}

TEST_CASE("an endpoint is written as in a URL, without the port that goes without saying") {
  CHECK(HttpEndpoint{"::1", 80, ""}.authority() == "[::1]");
  CHECK(HttpEndpoint{"::1", 81, ""}.authority() == "[::1]:81");
  CHECK(HttpEndpoint{"host", 81, "/x"}.authority() == "host:81");
}

TEST_CASE("without settings IPv4 is asked, then IPv6") {
  CHECK(hosts_of({}) == std::vector<std::string>{"169.254.169.254", "[fd00:ec2::254]"});
}

TEST_CASE("a mode leaves one address family") {
  CHECK(hosts_of({"", "IPv6", ""}) == std::vector<std::string>{"[fd00:ec2::254]"});
  CHECK(hosts_of({"", "ipv4", "false"}) == std::vector<std::string>{"169.254.169.254"});
}

TEST_CASE("a set endpoint goes before the mode") {
  CHECK(hosts_of({"http://localhost:1", "IPv6", ""}) == std::vector<std::string>{"localhost:1"});
}

TEST_CASE("IMDS that is disabled has no endpoint, whatever else is set") {
  CHECK(hosts_of({"", "", "true"}).empty());
  CHECK(hosts_of({"nonsense", "nonsense", "TRUE"}).empty());
}

TEST_CASE("a setting that means nothing is named in the error") {
  const auto url = imds_endpoints({"https://x", "", ""});
  REQUIRE_FALSE(url);
  CHECK(url.error().message() ==
        "AWS_EC2_METADATA_SERVICE_ENDPOINT: \"https://x\" is not http://HOST[:PORT][/PREFIX]");
  const auto mode = imds_endpoints({"", "IPv5", ""});
  REQUIRE_FALSE(mode);
  CHECK(mode.error().message() ==
        "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: \"IPv5\" is neither IPv4 nor IPv6");
}

}  // namespace efa::test
