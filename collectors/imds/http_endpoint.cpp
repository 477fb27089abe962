#include "collectors/imds/http_endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "collectors/base/number.h"
#include "collectors/imds/characters.h"

namespace efa {
namespace {

bool is_ipv6(const std::string& text) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

// "host", "host:80", "[::1]", "[::1]:80".
std::optional<HttpEndpoint> parse_authority(std::string_view authority) {
  HttpEndpoint endpoint;
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    endpoint.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
    if (!is_ipv6(endpoint.host)) {
      return std::nullopt;
    }
  } else {
    const auto end = std::min(authority.find(':'), authority.size());
    endpoint.host = authority.substr(0, end);
    port = authority.substr(end);
    if (endpoint.host.empty() || !consists_of(endpoint.host, ".-_")) {
      return std::nullopt;
    }
  }
  if (port.empty()) {
    return endpoint;
  }
  const auto number = port.front() == ':' ? parse_u64(port.substr(1)) : std::nullopt;
  if (!number || *number == 0 || *number > std::numeric_limits<std::uint16_t>::max()) {
    return std::nullopt;
  }
  endpoint.port = static_cast<std::uint16_t>(*number);
  return endpoint;
}

}  // namespace

std::string HttpEndpoint::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : '[' + host + ']';
  if (port != 80) {
    text += ':';
    text += std::to_string(port);
  }
  return text;
}

Result<HttpEndpoint> parse_http_endpoint(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  std::string quoted = "\"";
  quoted += url;
  quoted += "\" is not http://HOST[:PORT][/PREFIX]";
  const Error error{Reason::malformed, 0, std::move(quoted)};
  // parse_u64() would take a newline after the port.
  if (!url.starts_with(scheme) || std::any_of(url.begin(), url.end(), is_ascii_control)) {
    return error;
  }
  std::string_view rest = url.substr(scheme.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  auto endpoint = parse_authority(rest.substr(0, slash));
  rest.remove_prefix(slash);
  while (rest.ends_with('/')) {
    rest.remove_suffix(1);
  }
  if (!endpoint || !consists_of(rest, "/.-_~") || rest.find("/..") != std::string_view::npos) {
    return error;
  }
  endpoint->base = rest;
  return std::move(*endpoint);
}

}  // namespace efa
