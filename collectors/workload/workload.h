#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "collectors/base/files.h"
#include "collectors/base/result.h"
#include "collectors/workload/cgroup_path.h"
#include "collectors/workload/environment.h"
#include "collectors/workload/pod_names.h"
#include "collectors/workload/process.h"

namespace efa {

/// Whom a process works for. All text is valid UTF-8 without control characters, and at most
/// `Workload::longest` bytes each; what does not apply is empty.
struct Workload {
  /// The process's place among those of its job, as its launcher numbered them. Empty if not known.
  struct Rank {
    std::string rank;        // in the whole job
    std::string local_rank;  // on this host

    bool operator==(const Rank&) const = default;
    bool operator<(const Rank& other) const {
      return std::tie(rank, local_rank) < std::tie(other.rank, other.local_rank);
    }
  };

  static constexpr std::size_t longest = 128;

  WorkloadKind kind = WorkloadKind::command;  // never unknown
  /// The same text for the same workload, whichever of its processes it was read from:
  ///   slurm:1234.0  slurm:1234.batch  job and step
  ///   job:pbs/123.server  job:lsf/42  job:htcondor/<slot>
  ///   pod:<namespace>/<name>/<container>, without the container if that is not known
  ///   pod:uid/<uid>  while the names are not known
  ///   ecs:<task>
  ///   docker:<12 digits>  podman:  containerd:  crio:  container: if the runtime is not known
  ///   unit:<name>  unit:user@<uid>/<name> of a user's own manager
  ///   session:<uid>/<number>
  ///   command:<name of the program>
  /// A longer one is cut and ends in '~' and a hash of the whole.
  std::string owner;
  std::string slurm_job_id;
  std::string slurm_step;
  std::string name_space;  // of Kubernetes
  std::string pod;
  std::string container;
  std::string container_id;
  std::string unit;
  std::string command;
  std::string job_name;   // this and `rank` only from the environment
  Rank rank;              // of this process
  std::uint32_t uid = 0;  // real user id of the process
  /// The process, and when it began: the key to keep a workload by.
  std::uint32_t pid = 0;
  std::uint64_t start_ticks = 0;
  /// The process is outside of the reader's cgroup namespace, so that less is told than could be.
  bool truncated = false;

  bool operator==(const Workload&) const = default;
};

/// Puts together what was read. `pod` is what is known of the names behind `cgroup`.
Workload workload_of(const ProcessInfo& process, const CgroupWorkload& cgroup,
                     const std::optional<PodName>& pod);

/// The environment tells the rank of the process and the name of its job. Where Slurm, PBS or LSF
/// make no cgroups, and where those are out of sight, it tells the job itself: that is only
/// believed where the cgroup says no more than a unit, a session or nothing.
void refine_from_environment(Workload& workload, const Environment& environment);

/// Valid UTF-8 of at most `longest` bytes: what is no character, or a control character, is '?';
/// what is longer is cut between characters and ends in '~' and eight digits of a hash of it all.
/// `longest` is at least 16.
std::string clean_text(std::string_view text, std::size_t longest);

/// Finds the workload of a process.
///
/// Source   see read_process() and PodNames
/// Errors   those of read_process()
/// Cost     those of read_process(), and of PodNames for one in a container
/// Threads  one at a time
class WorkloadFinder {
 public:
  /// `procfs` is "/proc", or where the host's is mounted. `files` and `names` must outlive it.
  WorkloadFinder(Files& files, std::string procfs, PodNames& names);

  /// `pid` may be a thread's.
  Result<Workload> find(std::uint32_t pid);

 private:
  Files& files_;
  const std::string procfs_;
  PodNames& names_;
};

}  // namespace efa
