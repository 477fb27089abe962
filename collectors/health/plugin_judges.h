#pragma once

#include "collectors/health/check.h"

namespace efa {

// What the aws-ofi-nccl plugin comes to; part of version_checks().
Finding judge_plugin(const HealthView& view);
Finding judge_plugin_and_libfabric(const HealthView& view);

}  // namespace efa
