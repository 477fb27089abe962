#include "collectors/imds/advice.h"

namespace efa {

std::string_view imds_advice(const Error& problem) {
  switch (problem.reason) {
    case Reason::timeout:
      return "in a container the instance's metadata hop limit must be 2";
    case Reason::denied:
      return "the instance's metadata endpoint must be enabled";
    case Reason::transient:
      // An answer of HTTP, 429 or 5xx, has no errno.
      return problem.errno_value == 0
                 ? "it is asked again, ever more rarely; if it stays throttled, something on this "
                   "host asks it too often"
                 : "there must be a route to it, and no firewall before it";
    default:
      return "what answers must be IMDS: see AWS_EC2_METADATA_SERVICE_ENDPOINT and "
             "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
  }
}

}  // namespace efa
