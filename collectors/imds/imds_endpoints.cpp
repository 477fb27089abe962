#include "collectors/imds/imds_endpoints.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace efa {
namespace {

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

HttpEndpoint at_address(std::string host) { return {std::move(host), 80, {}}; }

}  // namespace

Result<std::vector<HttpEndpoint>> imds_endpoints(const ImdsSettings& settings) {
  const HttpEndpoint ipv4 = at_address("169.254.169.254");
  const HttpEndpoint ipv6 = at_address("fd00:ec2::254");
  if (equal_without_case(settings.disabled, "true")) {
    return std::vector<HttpEndpoint>{};
  }
  if (!settings.endpoint.empty()) {
    auto endpoint = parse_http_endpoint(settings.endpoint);
    if (!endpoint) {
      Error error = endpoint.error();
      error.context.insert(0, "AWS_EC2_METADATA_SERVICE_ENDPOINT: ");
      return error;
    }
    return std::vector{std::move(*endpoint)};
  }
  if (settings.endpoint_mode.empty()) {
    return std::vector{ipv4, ipv6};
  }
  if (equal_without_case(settings.endpoint_mode, "IPv4")) {
    return std::vector{ipv4};
  }
  if (equal_without_case(settings.endpoint_mode, "IPv6")) {
    return std::vector{ipv6};
  }
  std::string context = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: \"";
  context += settings.endpoint_mode;
  context += "\" is neither IPv4 nor IPv6";
  return Error{Reason::malformed, 0, std::move(context)};
}

}  // namespace efa
