#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "collectors/health/health_view.h"

namespace efa {

/// What a check came to. `unknown`: it could not be made; that is not passed.
enum class Verdict : std::uint8_t { pass, warn, fail, unknown };

/// The word for a verdict, for people and in JSON.
constexpr std::string_view to_string(Verdict verdict) {
  constexpr std::string_view words[] = {"PASS", "WARN", "FAIL", "UNKNOWN"};
  return words[static_cast<std::size_t>(verdict)];
}

/// Whether efa_health_check shows a check: those do that need only what the agent knows anyway.
enum class Published : std::uint8_t {
  no,
  yes,
  by_growth  // yes, once there is a reading before: what was counted since boot is no alarm
};

struct Finding {
  Verdict verdict = Verdict::unknown;
  std::string found;  // what was found, in one sentence without a full stop; always there
  std::string fix;    // a command or a setting; empty if nothing is to be done
};

/// One thing that can be wrong with a host that has EFA.
struct Check {
  std::string_view code;   // EFA-101: stays the same for ever
  std::string_view title;  // what should be so: "every EFA has its driver"
  std::string_view why;    // one sentence
  Verdict worst;           // that it comes to: warn or fail
  Published published;
  Finding (*judge)(const HealthView& view);
};

/// All checks, ranked: what bites people most often first.
std::span<const Check> all_checks();

// A group of checks each, in a file of its own: EFA-1xx to EFA-9xx, and EFA-0xx.
std::span<const Check> network_checks();    // 1xx: security groups
std::span<const Check> traffic_checks();    // 2xx: is the job's traffic on EFA
std::span<const Check> device_checks();     // 3xx: are all devices there
std::span<const Check> limit_checks();      // 4xx: limits, huge pages, nodes, modules
std::span<const Check> version_checks();    // 5xx: versions against each other and the minima
std::span<const Check> setting_checks();    // 6xx: GPUDirect and environment
std::span<const Check> counter_checks();    // 7xx: admin queue and errors
std::span<const Check> placement_checks();  // 8xx: ENI, subnet, zone, placement group, ENA
std::span<const Check> support_checks();    // 9xx: operating system and instance type
std::span<const Check> agent_checks();      // 0xx: the agent itself

}  // namespace efa
