#pragma once

#include <span>
#include <string_view>

namespace efa {

/// The lines of config/efa_instance_types.csv, the header first; written at build time.
std::span<const std::string_view> instance_type_lines();

}  // namespace efa
