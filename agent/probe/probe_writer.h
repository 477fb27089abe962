#pragma once

#include <string>

#include "collectors/health/probe_report.h"

namespace efa {

/// What efa-probe prints: a JSON document. `report` has no problem.
std::string json_of(const ProbeReport& report);

/// How efa-probe ends: 0 all EFAs work, 2 some do not, 3 there is none.
int exit_code_of(const ProbeReport& report);

}  // namespace efa
