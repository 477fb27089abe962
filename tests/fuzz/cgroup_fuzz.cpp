// Whatever /proc and the log directories hold: no parser may read past its text, and what is told
// keeps to the promises of its header. Built and run by tests/fuzz/run.sh.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "collectors/workload/cgroup_path.h"
#include "collectors/workload/environment.h"
#include "collectors/workload/pod_names.h"
#include "collectors/workload/process.h"
#include "collectors/workload/workload.h"
#include "config/text_rules.h"

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void require_clean(std::string_view text) {
  require(text.size() <= efa::Workload::longest);
  while (!text.empty()) {
    const std::size_t size = efa::utf8_length(text);
    require(size > 0 && (text[0] < '\0' || text[0] >= ' '));
    text.remove_prefix(size);
  }
}

void try_cgroup(std::string_view text) {
  const efa::CgroupWorkload told = efa::parse_cgroup(text);
  require(told.kind != efa::WorkloadKind::command);
  require((told.kind == efa::WorkloadKind::slurm) == !told.slurm_job_id.empty());
  require(told.slurm_job_id.find_first_not_of("0123456789") == std::string::npos);
  efa::ProcessInfo process;
  process.comm = text;
  efa::Workload workload = efa::workload_of(process, told, std::nullopt);
  require(workload.kind != efa::WorkloadKind::unknown && !workload.owner.empty());
  efa::refine_from_environment(workload, {{"PBS_JOBID", std::string(text.substr(0, 200))}});
  for (const std::string* part :
       {&workload.owner, &workload.unit, &workload.container_id, &workload.command}) {
    require_clean(*part);
  }
}

void try_environment(std::string_view text) {
  for (const bool is_cut : {false, true}) {
    std::string bytes(text);
    const efa::Environment environment = efa::take_environment(bytes, is_cut);
    require(bytes.find_first_not_of('\0') == std::string::npos);
    require(environment.size() <= efa::readable_variables.size());
    for (const efa::EnvironmentVariable& variable : environment) {
      require(variable.value.size() <= efa::longest_value);
      require(std::find(efa::readable_variables.begin(), efa::readable_variables.end(),
                        variable.name) != efa::readable_variables.end());
    }
  }
}

}  // namespace

// The first byte chooses the parser, so that one corpus does for all.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string text(data + 1, data + size);
  switch (data[0] % 5) {
    case 0:
      (void)efa::parse_stat_fields(text);
      (void)efa::parse_status_fields(text);
      break;
    case 1:
      (void)efa::parse_pod_directory(text);
      (void)efa::parse_container_log(text);
      break;
    case 2:
      try_environment(text);
      break;
    case 3:
      try_cgroup("0::/" + text);
      break;
    default:
      try_cgroup(text);
  }
  return 0;
}
