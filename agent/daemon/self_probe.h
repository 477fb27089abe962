#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "collectors/base/result.h"

namespace efa {

/// Asks this process over HTTP, as a client would: an error unless `path` is answered with 200 in
/// time.
///
/// `address`: what the server was told to listen on ("host:port"); no host, or the address of all
/// interfaces, is asked on loopback.
Result<void> probe_http(const std::string& address, std::uint16_t port, const std::string& path,
                        std::chrono::milliseconds patience);

}  // namespace efa
