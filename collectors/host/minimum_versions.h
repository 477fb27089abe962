#pragma once

#include <string_view>

#include "collectors/host/version.h"

namespace efa {

/// What AWS asks of a component: then, in its guide of 2019, and now.
struct MinimumVersion {
  std::string_view component;  // the label <component>_version of efa_host_info
  std::string_view minimum_2019;
  std::string_view minimum;
  std::string_view source;
};

/// The present guide asks for less libfabric than the first one did.
inline constexpr MinimumVersion minimum_versions[] = {
    {"libfabric", "1.8.0", "1.7.0",
     "EC2 User Guide of July 2019: 1.8.0; of 2026: 1.7.0, with NIXL 1.21.0"},
    {"openmpi", "3.1.4", "4.1", "EC2 User Guide of July 2019: 3.1.4; of 2026: 4.1"},
    {"intel_mpi", "2019.4", "2019.5",
     "EC2 User Guide of July 2019: 2019 Update 4 (2019.4.243); of 2026: 2019 Update 5"},
};

constexpr bool all_are_versions() {
  for (const MinimumVersion& row : minimum_versions) {
    if (!parse_version(row.minimum_2019) || !parse_version(row.minimum)) {
      return false;
    }
  }
  return true;
}
static_assert(all_are_versions());

}  // namespace efa
