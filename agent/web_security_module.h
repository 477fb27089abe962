#pragma once

#include "agent/tls/web_security.h"

namespace efa {

/// make_web_security() (agent/tls/web_security.h), from where this build has it: OpenSSL and
/// libcrypt would cost every agent 2 MB, so they are in a module, efa-agent-tls.so, which is
/// loaded when this is called first, and stays. It lies beside the program, or in
/// ../lib/efa-agent/. A build with EFA_AGENT_TLS=linked has no module, one with =off no TLS.
///
/// Errors   that there is no module, or that it is of another build, is an error of the file
MadeWebSecurity load_web_security(const std::string& file, const WebSecurity::Tell& tell);

/// What goes wrong later goes to the log.
void log_of_web_security(LogLevel level, std::string_view message, std::string_view error);

}  // namespace efa
