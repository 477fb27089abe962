#include "collectors/imds/advice.h"

#include <cerrno>
#include <string_view>

#include "tests/support/catch.h"

namespace efa::test {

TEST_CASE("what is advised of IMDS fits the reason: the hop limit only where nothing answered") {
  const auto advises = [](const Error& problem, std::string_view words) {
    return imds_advice(problem).find(words) != std::string_view::npos;
  };
  const Error throttled{Reason::transient, 0, "ami-id: HTTP status 429"};
  const Error unreachable = Error::from_errno(ENETUNREACH);
  const Error off{Reason::denied, 0, "latest/api/token: HTTP status 403"};
  const Error other{Reason::malformed, 0, "latest/api/token: not a token"};
  CHECK(advises(Error::from_errno(ETIMEDOUT), "hop limit"));
  CHECK(advises(throttled, "throttled"));
  CHECK(advises(unreachable, "a route"));
  CHECK(advises(off, "enabled"));
  CHECK(advises(other, "AWS_EC2_METADATA_SERVICE_ENDPOINT"));
  for (const Error& error : {throttled, unreachable, off, other}) {
    CHECK_FALSE(advises(error, "hop limit"));
  }
}

}  // namespace efa::test
