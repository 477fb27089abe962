#pragma once

#include <array>
#include <span>

#include "collectors/catalogue/agent_metrics.h"
#include "collectors/catalogue/ena_counters.h"
#include "collectors/catalogue/host_metrics.h"
#include "collectors/catalogue/hw_counters.h"

namespace efa {

/// Every table of the catalogue, in the order of the reference.
inline constexpr std::array<std::span<const MetricSpec>, 6> catalogue{
    hw_counters, metric::all, metric::all_host, metric::ena_all, ena_counters, ena_queue_counters};

template <typename Visit>
void for_each_metric(const Visit& visit) {
  for (const auto table : catalogue) {
    for (const MetricSpec& spec : table) {
      visit(spec);
    }
  }
}

}  // namespace efa
