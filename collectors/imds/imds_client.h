#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/base/clock.h"
#include "collectors/imds/metadata_transport.h"

namespace efa {

/// What an EC2 instance is told of itself (IMDSv2), a path at a time.
///
/// Source   GET /latest/meta-data/<path>, with a token of PUT /latest/api/token. Credentials (iam/,
///          identity-credentials/) are refused here, whoever asks for them
/// Errors   each of these also stops all requests for a while, as ready() tells
///            denied     403, or a second 401 at once: IMDS is off
///            timeout    as behind a container's hop limit
///            transient  429, 5xx, a reset, no route: asked again ever more rarely
///            malformed  any other status (a redirect is one), or no HTTP at all
///          and this does not, as it is about one value
///            malformed  longer than it can be (EMSGSIZE), or not a path to be read (EINVAL)
/// Cost     a request for each value, and one for a token in six hours
/// Threads  one at a time
class ImdsClient {
 public:
  static constexpr std::chrono::seconds token_life{21'600};
  static constexpr std::chrono::seconds renewed_before{300};
  static constexpr std::size_t longest_value = 1024;

  /// How long not to ask: at first, then twice as long each time, up to the longest.
  struct Pause {
    std::chrono::seconds first;
    std::chrono::seconds longest;
  };
  static constexpr Pause pause_when_denied{std::chrono::seconds{300}, std::chrono::seconds{300}};
  static constexpr Pause pause_when_silent{std::chrono::seconds{30}, std::chrono::seconds{300}};
  static constexpr Pause pause_when_busy{std::chrono::seconds{1}, std::chrono::seconds{60}};

  /// `transport` and `clock` must outlive it. Without endpoints it never is ready; the second one
  /// is for hosts that have no route to the first.
  ImdsClient(MetadataTransport& transport, const Clock& clock, std::vector<HttpEndpoint> endpoints)
      : transport_(transport), clock_(clock), endpoints_(std::move(endpoints)) {}

  /// False while asking makes no sense: get() then repeats the last error.
  [[nodiscard]] bool ready() const;
  /// The value as valid UTF-8 without control characters; nothing if there is none (404).
  Result<std::optional<std::string>> get(std::string_view path);
  /// The lines of a list: names, of which those of folders end with "/". Nothing on 404.
  Result<std::optional<std::vector<std::string>>> list(std::string_view path);
  /// Nothing is asked for now: lets go of the connection.
  void rest() { transport_.disconnect(); }

 private:
  Result<std::optional<std::string>> fetch(std::string_view path);
  Result<MetadataReply> ask(std::string_view path);
  Result<void> renew_token();
  Result<MetadataReply> exchange(const MetadataRequest& request);
  Error stop(Error error);
  Error stop_for_status(int status, std::string_view path);

  MetadataTransport& transport_;
  const Clock& clock_;
  std::vector<HttpEndpoint> endpoints_;
  std::size_t endpoint_ = 0;
  std::string token_;  // empty: none
  SteadyTime renew_at_;
  std::chrono::seconds pause_{0};  // zero: the last request was answered
  SteadyTime ready_at_;
  Error last_error_{Reason::unsupported, 0, "IMDS is off"};
};

}  // namespace efa
