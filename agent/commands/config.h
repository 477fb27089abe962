#pragma once

#include <iosfwd>

#include "agent/command_line.h"

namespace efa {

/// `efa-agent config check [FILE]`: "FILE: ok" and 0, or all errors and 1.
int run_config_check(const CommandLine& command_line, std::ostream& output, std::ostream& errors);

/// `efa-agent config print`: the configuration in force and 0, or all errors and 2.
int run_config_print(const CommandLine& command_line, std::ostream& output, std::ostream& errors);

}  // namespace efa
