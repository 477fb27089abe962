#pragma once

#include <string>

namespace efa::test {

/// Holds `actual` equal to the file at `path`. With EFA_UPDATE_GOLDEN=1 in the environment the file
/// is written instead, for a person to read the difference in version control.
void check_golden(const std::string& path, const std::string& actual);

}  // namespace efa::test
