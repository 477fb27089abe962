#include "collectors/workload/cgroup_path.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "collectors/workload/cgroup_walk.h"

namespace efa {
namespace {

// Cuts off and returns what is before the next `separator`, which goes, too.
std::string_view take_until(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

// "4:memory:/path" or "0::/path"; empty for any other line. Controllers hold no colon.
std::string_view path_of(std::string_view line) {
  (void)take_until(line, ':');
  (void)take_until(line, ':');
  return line.starts_with('/') ? line : std::string_view();
}

WorkloadKind kind_of(const CgroupWorkload& workload) {
  if (!workload.slurm_job_id.empty()) {
    return WorkloadKind::slurm;
  }
  if (!workload.job_id.empty()) {
    return WorkloadKind::job;
  }
  if (!workload.pod_uid.empty()) {
    return WorkloadKind::pod;
  }
  if (!workload.ecs_task.empty()) {
    return WorkloadKind::ecs;
  }
  if (!workload.container_id.empty()) {
    return WorkloadKind::container;
  }
  if (!workload.unit.empty()) {
    return WorkloadKind::unit;
  }
  return workload.session.empty() ? WorkloadKind::unknown : WorkloadKind::session;
}

// By how much one hierarchy tells more than another.
auto weight(const CgroupWorkload& workload) {
  const std::array<const std::string*, 6> details{&workload.slurm_step,   &workload.slurm_task,
                                                  &workload.pod_uid,      &workload.ecs_task,
                                                  &workload.container_id, &workload.runtime};
  const auto told = std::count_if(details.begin(), details.end(),
                                  [](const std::string* detail) { return !detail->empty(); });
  return std::tuple(workload.kind, told + (workload.slurm_uid ? 1 : 0));
}

}  // namespace

std::string_view to_string(WorkloadKind kind) {
  constexpr std::array<std::string_view, 9> words{
      "unknown", "command", "session", "unit", "container", "ecs", "pod", "job", "slurm"};
  return words[static_cast<std::size_t>(kind)];
}

CgroupWorkload parse_cgroup_path(std::string_view path) {
  constexpr std::string_view deleted = " (deleted)";  // a v2 cgroup removed under a zombie
  if (path.ends_with(deleted)) {
    path.remove_suffix(deleted.size());
  }
  CgroupWalk walk;
  while (!path.empty()) {
    if (const auto component = take_until(path, '/'); !component.empty()) {
      walk.enter(component);
    }
  }
  CgroupWorkload result = std::move(walk).found();
  result.kind = kind_of(result);
  if (result.kind != WorkloadKind::unit && result.kind != WorkloadKind::session) {
    result.unit.clear();  // slurmstepd.scope, or what runs inside the container
    result.session.clear();
  }
  return result;
}

CgroupWorkload parse_cgroup(std::string_view text) {
  CgroupWorkload best;
  while (!text.empty()) {
    const std::string_view path = path_of(take_until(text, '\n'));
    if (path.empty()) {
      continue;
    }
    CgroupWorkload workload = parse_cgroup_path(path);
    const bool truncated = best.truncated || workload.truncated;
    if (weight(workload) > weight(best)) {
      best = std::move(workload);
    }
    best.truncated = truncated;
  }
  return best;
}

}  // namespace efa
