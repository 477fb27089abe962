#pragma once

#include <string>
#include <string_view>

#include "collectors/base/result.h"
#include "collectors/health/probe_report.h"

namespace efa {

/// Reads what efa-probe printed. Members that are not known are passed over; a word that is not
/// known is not.
///
/// Errors   malformed  no JSON, another schema_version, or a member that is missing or of another
///                     type, which the error names
Result<ProbeReport> read_probe(std::string_view text);

}  // namespace efa
