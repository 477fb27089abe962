#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/command_line.h"
#include "agent/tls/web_security.h"

namespace efa {

/// The configuration in force, with the log set up as it says; nothing, and every error on stderr,
/// if it is wrong.
std::optional<Config> configuration_or_complaint(const CommandLine& command_line);

/// What a web configuration asks for; null, and every error on stderr, if it is wrong.
std::unique_ptr<WebSecurity> web_security_or_complaint(const std::string& file);

}  // namespace efa
