#pragma once

#include <map>
#include <string>
#include <string_view>

#include "collectors/collector.h"

namespace efa {

/// Labels that stand on every series, by name.
using ConstantLabels = std::map<std::string, std::string>;

/// Whether a series sets a label of its own, before which a constant one of that name gives way.
bool has_label(Labels labels, std::string_view name);

/// Appends `{a="x",b="y"}`, escaped as the text formats want it; labels without a value are left
/// out, as Prometheus does not tell them from absent ones. Nothing if no label remains.
void append_labels(std::string& text, Labels labels, const ConstantLabels& constant);

}  // namespace efa
