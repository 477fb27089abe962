#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/types.h>

#include "config/web_config.h"

namespace efa {

/// Everything that handshakes need. `context` is null if there are errors.
struct LoadedTlsContext {
  std::shared_ptr<SSL_CTX> context;
  std::vector<ConfigError> errors;
  std::vector<std::string> warnings;  // a certificate that is not valid now
};

/// Reads the certificates and the key that a web configuration names, and sets up OpenSSL as it
/// says. Nothing of a connection survives in the context: no tickets, no sessions, so that every
/// connection is judged by the files as they are when it begins. No renegotiation. ALPN offers
/// HTTP/1.1.
///
/// Errors   each at the key that names the file; passphrases are never asked for
LoadedTlsContext load_tls_context(const LoadedWebConfig& loaded);

}  // namespace efa
