#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collectors/base/result.h"

namespace efa {

/// Where a plain HTTP service listens.
struct HttpEndpoint {
  std::string host;  // a name or an address, an IPv6 one without brackets
  std::uint16_t port = 80;
  std::string base;  // what stands before every path: empty, or "/prefix"

  bool operator==(const HttpEndpoint&) const = default;

  /// "169.254.169.254", "[::1]:1338": as in a URL and in a Host header.
  [[nodiscard]] std::string authority() const;
};

/// `http://host[:port][/prefix]`.
///
/// Errors   malformed  anything else: https, a user, a query, an address that is none. The context
///                     quotes the URL
Result<HttpEndpoint> parse_http_endpoint(std::string_view url);

}  // namespace efa
