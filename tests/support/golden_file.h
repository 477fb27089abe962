#pragma once

#include <string>

namespace efa::test {

/// Holds `actual` equal to the file at `path`. With EFA_UPDATE_GOLDEN=1 in the environment the file
/// is written instead, for a person to read the difference in version control.
void check_golden(const std::string& path, const std::string& actual);

/// The same for a part of the file, the lines between the one that ends in "generated: <part>" and
/// the one that ends in "end: <part>". The rest is written by hand.
void check_golden_part(const std::string& path, const std::string& part, const std::string& actual);

}  // namespace efa::test
