#pragma once

#include <string_view>

namespace efa {

// What efa_agent_build_info and --version say: "0.1.0", "v0.1.0-3-gdeadbee-dirty", "gcc 12.2.0".
std::string_view version();
std::string_view revision();
std::string_view compiler();

}  // namespace efa
