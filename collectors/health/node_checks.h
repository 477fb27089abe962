#pragma once

#include <span>

#include "collectors/health/check.h"

namespace efa {

/// Those of limit_checks() from EFA-405 on: device nodes, modules, what the driver counts.
std::span<const Check> node_checks();

}  // namespace efa
