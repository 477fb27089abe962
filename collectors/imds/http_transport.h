#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "collectors/base/clock.h"
#include "collectors/base/unique_fd.h"
#include "collectors/imds/metadata_transport.h"

namespace efa {

/// HTTP/1.1 over TCP, on one connection for as long as the server keeps it. Knows no proxies, no
/// redirects, no cookies and no TLS.
///
/// Errors   as MetadataTransport; the context is "GET http://host/path"
/// Cost     a connection, and a round trip for each exchange; no thread
/// Threads  one at a time. exchange() blocks up to the total limit, and longer only where the host
///          is a name and the system's resolver does not answer
class HttpTransport final : public MetadataTransport {
 public:
  static constexpr std::size_t longest_body = std::size_t{64} * 1024;
  struct Limits {
    std::chrono::milliseconds connect{500};
    std::chrono::milliseconds total{2000};  // connecting included
  };

  HttpTransport() = default;
  explicit HttpTransport(Limits limits) : limits_(limits) {}

  Result<MetadataReply> exchange(const HttpEndpoint& endpoint,
                                 const MetadataRequest& request) override;
  void disconnect() override;

 private:
  Result<void> connect(const HttpEndpoint& endpoint, SteadyTime deadline);
  Result<MetadataReply> attempt(const std::string& request, SteadyTime deadline);
  Result<MetadataReply> receive(SteadyTime deadline);

  Limits limits_;
  UniqueFd connection_;
  std::optional<HttpEndpoint> connected_to_;
  bool answer_begun_ = false;
};

}  // namespace efa
