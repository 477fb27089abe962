#pragma once

#include <string>
#include <utility>
#include <vector>

#include "collectors/base/result.h"
#include "collectors/imds/http_endpoint.h"

namespace efa {

struct MetadataRequest {
  std::string method;  // GET, PUT
  std::string path;    // from the "/" on; the endpoint's base stands before it
  std::vector<std::pair<std::string, std::string>> headers;
};

struct MetadataReply {
  int status = 0;
  std::string body;
};

/// One HTTP exchange after another; tests answer without a network.
///
/// Errors   timeout    no answer in time
///          malformed  what came is not HTTP (EPROTO), or is too long (EMSGSIZE)
///          else       errno of connecting, sending or receiving
/// Threads  one at a time
class MetadataTransport {
 public:
  MetadataTransport() = default;
  MetadataTransport(const MetadataTransport&) = delete;
  MetadataTransport& operator=(const MetadataTransport&) = delete;
  virtual ~MetadataTransport() = default;

  /// Any status is an answer, not an error.
  virtual Result<MetadataReply> exchange(const HttpEndpoint& endpoint,
                                         const MetadataRequest& request) = 0;
  /// Nothing more will be asked for now: a kept connection ends.
  virtual void disconnect() = 0;
};

}  // namespace efa
