#pragma once

#include <optional>

#include "agent/command_line.h"

namespace efa {

/// The configuration in force, with the log set up as it says; nothing, and every error on stderr,
/// if it is wrong.
std::optional<Config> configuration_or_complaint(const CommandLine& command_line);

}  // namespace efa
