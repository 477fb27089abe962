#include "collectors/health/check.h"

#include <vector>

namespace efa {
namespace {

std::vector<Check> gathered() {
  std::vector<Check> all;
  for (const auto group :
       {network_checks(), traffic_checks(), device_checks(), limit_checks(), version_checks(),
        setting_checks(), counter_checks(), placement_checks(), support_checks(), agent_checks()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

}  // namespace

std::span<const Check> all_checks() {
  static const std::vector<Check> checks = gathered();
  return checks;
}

}  // namespace efa
