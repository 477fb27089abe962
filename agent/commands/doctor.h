#pragma once

#include "agent/command_line.h"

namespace efa {

/// Checks the host and prints what is wrong with it. Gives 0, 1 if there are warnings, 2 if there
/// are failures or it was called wrongly.
int run_doctor(const CommandLine& command_line);

}  // namespace efa
