#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace efa {

/// What kind of thing a process belongs to, from the least to the most telling.
enum class WorkloadKind : std::uint8_t {
  unknown,    // the cgroup says nothing
  command,    // nothing better than the name of its program
  session,    // a login
  unit,       // a systemd service or scope
  container,  // of Docker, Podman, containerd, CRI-O
  ecs,        // a task of ECS or AWS Batch
  pod,
  job,    // of PBS, LSF or HTCondor
  slurm,  // a job step
};

/// The word for a kind, as label value.
std::string_view to_string(WorkloadKind kind);

/// What a cgroup path tells. Text comes from the path as it is, but only where all its characters
/// are those that the system in question uses; what the path does not tell is empty.
struct CgroupWorkload {
  WorkloadKind kind = WorkloadKind::unknown;
  std::string slurm_job_id;  // digits
  std::string slurm_step;    // digits, "batch", "extern", "interactive"; "0+1" in a het job
  std::string slurm_task;    // digits, or "special"
  std::optional<std::uint32_t> slurm_uid;  // cgroup v1 only
  std::string pod_uid;                     // with '-', or 32 digits for a static pod
  std::string container_id;                // 64 hexadecimal digits, but for odd runtimes
  std::string runtime;  // "containerd", "crio", "docker", "podman", a scope's other prefix
  std::string ecs_task;
  std::string job_system;            // "pbs", "lsf", "htcondor"
  std::string job_id;                // HTCondor: the slot
  std::string unit;                  // as systemctl has it, "\x2d" included
  std::string session;               // the N of session-N.scope
  std::optional<std::uint32_t> uid;  // of a session, or of the user manager that runs the unit
  bool truncated = false;            // the path leaves the reader's cgroup namespace

  bool operator==(const CgroupWorkload&) const = default;
};

/// What the text of /proc/<pid>/cgroup tells: of all hierarchies (v1, v2 or both) the most telling
/// one counts, and of two alike the one with more to tell, then the first.
///
/// Along a path, of one kind the deepest counts, of two kinds the later one in WorkloadKind:
///   - a Slurm job in a container or pod (slurmd runs there), and a container in a Slurm job, are
///     both the Slurm job; container and pod are told besides. The scheduler gave out the device;
///   - PBS, LSF and HTCondor likewise;
///   - a pod in a container (kind) is the pod; a container in a pod (Docker in it) is the pod, and
///     container_id is the one that the pod declares. ECS tasks likewise;
///   - a service in a container is the container; a service of a user manager is a unit with a uid.
/// What is below user@<uid>.service may be named by that user at will: no job, pod or task is
/// believed there, containers and units are.
///
/// A path that begins with "/.." is outside of the reader's cgroup namespace, and its beginning is
/// cut off. What stands whole in the rest is told, with `truncated`; a lone id is not.
///
/// Errors   none: what is not understood is unknown
/// Cost     linear; no allocation but for what is told
CgroupWorkload parse_cgroup(std::string_view text);

/// The same for one path.
CgroupWorkload parse_cgroup_path(std::string_view path);

}  // namespace efa
