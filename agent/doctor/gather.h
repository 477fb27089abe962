#pragma once

#include <chrono>
#include <optional>

#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "collectors/health/health_view.h"
#include "config/load.h"

namespace efa {

/// How long doctor waits for each thing that may hang.
struct GatherPatience {
  std::chrono::nanoseconds instance = std::chrono::seconds(5);
  std::chrono::nanoseconds owners = std::chrono::seconds(10);
  std::chrono::nanoseconds files = std::chrono::seconds(5);
};

/// Looks at everything that checks judge, once: devices, host, instance, owners, the agent. Read
/// only; starts no program: efa-probe, if wanted, is doctor's to start (probe_runner.h).
///
/// `watch`: how long to wait between two readings of the counters, if they are to be judged by
/// their growth.
/// Errors   what cannot be looked at is not in the view
/// Cost     one or two readings of each device, else files; some seconds where something does not
///          answer
///
/// `files` and `clock` must be there until the process ends.
HealthView gather_view(const LoadedConfig& loaded, const std::string& config_file, Files& files,
                       const Clock& clock, std::optional<std::chrono::seconds> watch,
                       const GatherPatience& patience = {});

}  // namespace efa
