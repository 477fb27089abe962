#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace efa {

/// The paths of the options that differ and that a running agent cannot change.
std::vector<std::string> unchangeable_differences(const Config& running, const Config& wanted);

/// What a running agent changes to: `wanted`, except for the options that need a restart, which
/// stay as they are in `running`.
Config with_restart_options_of(const Config& running, Config wanted);

}  // namespace efa
