#pragma once

#include <string>
#include <vector>

#include "collectors/base/result.h"
#include "collectors/imds/http_endpoint.h"

namespace efa {

/// What the environment says of IMDS, word for word; empty: not set.
struct ImdsSettings {
  std::string endpoint;       // AWS_EC2_METADATA_SERVICE_ENDPOINT
  std::string endpoint_mode;  // AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: IPv4 or IPv6
  std::string disabled;       // AWS_EC2_METADATA_DISABLED: true turns IMDS off
};

/// Where to ask, in this order. None: IMDS is not to be used.
///
/// Errors   malformed  a setting that means nothing, with its name
Result<std::vector<HttpEndpoint>> imds_endpoints(const ImdsSettings& settings);

}  // namespace efa
