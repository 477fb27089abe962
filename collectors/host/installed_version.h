#pragma once

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "collectors/host/version.h"

namespace efa {

/// A component that is installed, perhaps beside others of its kind.
struct InstalledVersion {
  std::string path;     // the folder or the file, as found below the root
  std::string version;  // as found; empty: not known

  bool operator==(const InstalledVersion&) const = default;
};

/// Oldest first; those whose version is not known before them.
inline void sort_by_version(std::vector<InstalledVersion>& found) {
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    const auto version_of = [](const auto& one) {
      return parse_version(one.version).value_or(Version());
    };
    return std::tuple(version_of(a), std::tie(a.path)) <
           std::tuple(version_of(b), std::tie(b.path));
  });
}

}  // namespace efa
