#pragma once

#include <optional>
#include <string>

#include "collectors/workload/cgroup_path.h"

namespace efa::test {

inline const std::string container_c =
    "4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970";
inline const std::string container_d =
    "9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d";

/// All that a cgroup told, on a line: the kind, then "name=value" for what is not empty.
inline std::string summary(const CgroupWorkload& workload) {
  std::string text(to_string(workload.kind));
  const auto add = [&text](const char* name, const std::string& value) {
    if (!value.empty()) {
      text.append(" ").append(name).append("=").append(value);
    }
  };
  const auto number = [](const std::optional<std::uint32_t>& value) {
    return value ? std::to_string(*value) : std::string();
  };
  add("system", workload.job_system);
  add("id", workload.job_id);
  add("job", workload.slurm_job_id);
  add("step", workload.slurm_step);
  add("task", workload.kind == WorkloadKind::ecs ? workload.ecs_task : workload.slurm_task);
  add("slurm_uid", number(workload.slurm_uid));
  add("pod", workload.pod_uid);
  add("container", workload.container_id);
  add("runtime", workload.runtime);
  add("unit", workload.unit);
  add("session", workload.session);
  add("uid", number(workload.uid));
  return text + (workload.truncated ? " truncated" : "");
}

}  // namespace efa::test
