#pragma once

#include <optional>
#include <string_view>

#include "collectors/health/check.h"

namespace efa {

// What checks of installed versions have in common.

/// False for what is no version. `than` has to be one.
bool is_older(std::string_view version, std::string_view than);

/// What keeps a check from looking at what is installed where there is an EFA.
std::optional<Finding> obstacle(const HealthView& view);

/// For what is installed below a folder of the host that is not there to be looked into.
Finding without_folder(std::string_view folder);

}  // namespace efa
