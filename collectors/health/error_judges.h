#pragma once

#include "collectors/health/check.h"

namespace efa {

// What counters of errors come to; part of counter_checks(). With a reading before, one is a
// warning and many are a failure; without, what was counted since boot is a warning at most, and
// only if it is many. Many: see few_at_once.
Finding judge_drops(const HealthView& view);
Finding judge_failed_requests(const HealthView& view);
Finding judge_path_changes(const HealthView& view);
Finding judge_unresponsive_peers(const HealthView& view);
Finding judge_impaired_connections(const HealthView& view);
Finding judge_failed_commands(const HealthView& view);
Finding judge_failed_verbs(const HealthView& view);
/// Against the packets sent.
Finding judge_retransmission(const HealthView& view);

}  // namespace efa
