#pragma once

#include "collectors/health/check.h"

namespace efa {

/// EFA-203: what efa-probe found when it did with each EFA what a job does.
Finding judge_probe(const HealthView& view);

}  // namespace efa
