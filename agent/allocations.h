#pragma once

#include <memory>

#include "collectors/base/clock.h"
#include "collectors/collector.h"
#include "config/config.h"

namespace efa {

/// Whether this build can ask the kubelet (EFA_AGENT_GRPC).
bool can_ask_kubelet();

/// What finds out which pods were allocated which devices, wired by a configuration. What goes
/// wrong goes to the log once. Null if this build cannot.
///
/// `clock` must be there until the process ends.
std::unique_ptr<Collector> make_allocations(const Config& config, const Clock& clock);

}  // namespace efa
