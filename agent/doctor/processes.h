#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "collectors/base/files.h"
#include "collectors/health/health_view.h"
#include "collectors/ownership/ownership.h"
#include "collectors/workload/mapped_libraries.h"

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

/// Of processes that have mapped a library, those that ought to hold an EFA and do not. A child has
/// what its parent had mapped when it was forked, but nothing of what it holds: so neither holders
/// nor their descendants are told, and of a family the first with the library alone.
///
/// Source   <procfs>/<pid>/stat
/// Errors   a process that has gone has no parent
/// Cost     a file for each process between one of `users` and the root of all
/// Threads  safe to call concurrently
std::vector<LibraryUser> without_holders(Files& files, const std::string& procfs,
                                         const std::vector<LibraryUser>& users,
                                         const std::set<std::uint32_t>& holders);

}  // namespace efa
