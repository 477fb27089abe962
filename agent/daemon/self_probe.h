#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "collectors/base/result.h"

namespace efa {

/// Which answer proves that a server works: 200, or any, where a client must have a certificate or
/// a password. A server that speaks TLS answers plain HTTP with 400, after the way of every answer
/// (agent/tls/tls_server.h), so that the probe needs neither.
enum class ProvingAnswer : std::uint8_t { ok, any };

/// Asks this process over HTTP, as a client would: an error unless `path` is answered in time.
///
/// `address`: what the server was told to listen on ("host:port"); no host, or the address of all
/// interfaces, is asked on loopback.
Result<void> probe_http(const std::string& address, std::uint16_t port, const std::string& path,
                        std::chrono::milliseconds patience,
                        ProvingAnswer wanted = ProvingAnswer::ok);

}  // namespace efa
