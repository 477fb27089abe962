#pragma once

#include <string>

#include "agent/exposition/negotiation.h"
#include "collectors/catalogue/metric_spec.h"

namespace efa {

/// Appends the `# HELP` and `# TYPE` lines of a family, and in OpenMetrics `# UNIT` where the name
/// ends in it. OpenMetrics names a counter without `_total` and an info without `_info`; a counter
/// that keeps another name (AWS's) can only be `unknown` there.
void append_family_header(std::string& text, const MetricSpec& spec, TextFormat format);

}  // namespace efa
