#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "collectors/base/files.h"
#include "collectors/health/health_view.h"
#include "collectors/ownership/ownership.h"

namespace efa {

/// The processes that hold objects of the devices, each with its limit of locked memory and its
/// environment.
///
/// Source   <procfs>/<pid>/{limits,environ}
/// Errors   what cannot be read of a process is not in its Holder; if the files take longer than
///          `patience` in all, of no process
/// Cost     two files for each process
///
/// `files` must be there until the process ends.
std::vector<Holder> find_holders(Files& files, const std::string& procfs,
                                 const Ownership& ownership, std::chrono::nanoseconds patience);

}  // namespace efa
