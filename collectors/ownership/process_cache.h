#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "collectors/base/result.h"
#include "collectors/workload/pod_names.h"
#include "collectors/workload/workload.h"

namespace efa {

/// Knows the workloads of processes, so that one that lives on costs little to ask for again.
///
/// What is known of a process is looked up anew once a minute: it may be moved to another cgroup,
/// and a pod's name may become known after its first process.
///
/// Source   those of WorkloadFinder; /proc/<pid>/environ if wanted
/// Errors   those of WorkloadFinder; an environment that may not be read tells nothing
/// Cost     of a process known before: two opens and a pread, the first time after forget_unused();
///          else see WorkloadFinder
/// Threads  one at a time
class ProcessCache {
 public:
  static constexpr std::chrono::seconds longest_age{60};

  /// `files`, `clock` and `pods` must outlive it. `environment`: where a cgroup tells no job, the
  /// environment of the process may.
  ProcessCache(Files& files, const Clock& clock, PodNames& pods, const std::string& procfs,
               bool environment)
      : files_(files),
        clock_(clock),
        procfs_(procfs),
        environment_(environment),
        finder_(files, procfs, pods) {}

  /// The workload of the process that `pid`, which may be a thread's, belongs to. Valid until
  /// forget_unused().
  Result<const Workload*> find(std::uint32_t pid);
  /// Drops those that nobody has asked for since the last call.
  void forget_unused();

 private:
  struct Entry {
    Workload workload;
    SteadyTime found;
    bool used = false;  // looked at since forget_unused()
  };

  [[nodiscard]] bool still_holds(std::uint32_t pid, const Entry& entry) const;

  Files& files_;
  const Clock& clock_;
  const std::string procfs_;
  const bool environment_;
  WorkloadFinder finder_;
  std::map<std::uint32_t, Entry> entries_;  // by the pid that was asked for
};

}  // namespace efa
