#include "agent/doctor/processes.h"

#include <cstdint>
#include <utility>

#include "agent/doctor/within.h"
#include "collectors/host/process_limits.h"
#include "collectors/workload/environment.h"

namespace efa {

std::vector<Holder> find_holders(Files& files, const std::string& procfs,
                                 const Ownership& ownership, std::chrono::nanoseconds patience) {
  std::vector<Holder> holders;
  std::vector<std::uint64_t> starts;  // parallel
  for (const Owner& owner : ownership.owners) {
    for (const auto& [pid, start_ticks] : owner.members) {
      holders.push_back({pid, owner.workload.owner, owner.workload.command, {}, {}});
      starts.push_back(start_ticks);
    }
  }
  // On copies: one that is late may still be at them when the holders are with the caller.
  auto full = within(patience, [&files, procfs, read = holders, starts]() mutable {
    for (std::size_t i = 0; i < read.size(); ++i) {
      if (const auto limit = read_memlock_limit(files, procfs, read[i].pid)) {
        read[i].memlock = *limit;
      }
      if (auto environment = read_environment(files, procfs, read[i].pid, starts[i])) {
        read[i].environment = std::move(*environment);
      }
    }
    return std::move(read);
  });
  return full ? std::move(*full) : holders;
}

}  // namespace efa
