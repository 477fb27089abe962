#include "collectors/ownership/process_cache.h"

#include <utility>

#include "collectors/workload/environment.h"
#include "collectors/workload/process.h"

namespace efa {

bool ProcessCache::still_holds(std::uint32_t pid, const Entry& entry) const {
  if (entry.used) {
    return true;
  }
  // A thread has a start time of its own, so that only a process can be recognised by it.
  if (entry.workload.pid != pid || clock_.now() - entry.found >= longest_age) {
    return false;
  }
  const auto started = read_start_ticks(files_, procfs_, pid);
  return started && *started == entry.workload.start_ticks;
}

Result<const Workload*> ProcessCache::find(std::uint32_t pid) {
  if (const auto known = entries_.find(pid);
      known != entries_.end() && still_holds(pid, known->second)) {
    known->second.used = true;
    return &known->second.workload;
  }
  auto workload = finder_.find(pid);
  if (!workload) {
    entries_.erase(pid);
    return workload.error();
  }
  if (environment_) {
    if (const auto environment =
            read_environment(files_, procfs_, workload->pid, workload->start_ticks)) {
      refine_from_environment(*workload, *environment);
    }
  }
  Entry& entry = entries_[pid];
  entry = {std::move(*workload), clock_.now(), true};
  return &entry.workload;
}

void ProcessCache::forget_unused() {
  std::erase_if(entries_, [](const auto& entry) { return !entry.second.used; });
  for (auto& [pid, entry] : entries_) {
    entry.used = false;
  }
}

}  // namespace efa
