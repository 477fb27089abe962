#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "collectors/base/files.h"

namespace efa {

/// When the host booted, since the epoch in seconds: what start times of processes count from.
///
/// Source   <procfs>/stat
/// Errors   nothing without it
/// Cost     the whole file is read; it does not change while the host is up
/// Threads  safe to call concurrently
std::optional<double> read_boot_time(Files& files, const std::string& procfs);

/// Time in which the host slept counts.
std::optional<std::chrono::seconds> time_since_boot();

}  // namespace efa
