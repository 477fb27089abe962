#pragma once

#include <string_view>

#include "collectors/host/operating_system.h"

namespace efa {

/// An operating system AWS has supported EFA on: in 2019, in its lists of May to November; now, in
/// the EC2 User Guide and the installer's release notes of 2026.
struct SupportedSystem {
  std::string_view id;       // of os-release
  std::string_view version;  // what the version begins with: 7 is 7.6.1810, too, and not 77
  bool in_2019 = false;
  bool is_now = false;
};

inline constexpr SupportedSystem supported_systems[] = {
    // clang-format off
    {"amzn",   "2018.03", true,  false},
    {"amzn",   "2",       true,  false},  // up to installer 1.49.0
    {"amzn",   "2023",    false, true},
    {"rhel",   "7.6",     true,  false},
    {"rhel",   "7.7",     true,  false},
    {"rhel",   "8",       false, true},
    {"rhel",   "9",       false, true},
    {"rhel",   "10",      false, true},
    {"centos", "7",       true,  false},
    {"rocky",  "8",       false, true},
    {"rocky",  "9",       false, true},
    {"ubuntu", "16.04",   true,  false},
    {"ubuntu", "18.04",   true,  false},
    {"ubuntu", "22.04",   false, true},
    {"ubuntu", "24.04",   false, true},
    {"ubuntu", "26.04",   false, true},
    {"debian", "11",      false, true},   // in the guide; up to installer 1.50.0
    {"debian", "12",      false, true},
    {"debian", "13",      false, true},
    {"sles",   "15.2",    false, true},
    {"sles",   "15.3",    false, true},
    {"sles",   "15.4",    false, true},
    {"sles",   "15.5",    false, true},
    {"sles",   "15.6",    false, true},
    {"sles",   "15.7",    false, true},
    // clang-format on
};

/// Whether `version` is `prefix` or goes on behind it with another number.
constexpr bool is_release_of(std::string_view version, std::string_view prefix) {
  return version.starts_with(prefix) &&
         (version.size() == prefix.size() || version[prefix.size()] == '.');
}
static_assert(is_release_of("7.6.1810", "7") && !is_release_of("2023", "2"));

/// The row of a system; null if it is on neither list.
inline const SupportedSystem* find_supported_system(const OperatingSystem& os) {
  for (const SupportedSystem& row : supported_systems) {
    const bool is_release =
        is_release_of(os.version, row.version) || is_release_of(os.version_id, row.version);
    if (row.id == os.id && is_release) {
      return &row;
    }
  }
  return nullptr;
}

}  // namespace efa
