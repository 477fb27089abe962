#include "collectors/workload/workload.h"

#include <array>
#include <utility>

#include "collectors/workload/cgroup_component.h"
#include "config/text_rules.h"

namespace efa {
namespace {

using cgroup::is_number;

// FNV-1a, in eight digits.
std::string hash_of(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char byte : text) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 16777619U;
  }
  std::string digits;
  for (unsigned shift = 32; shift > 0; shift -= 4) {
    digits += "0123456789abcdef"[(hash >> (shift - 4)) & 0xfU];
  }
  return digits;
}

// A C0 or C1 control character, or DEL. `character` is one of UTF-8.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  return first < 0x20U || first == 0x7fU ||
         (first == 0xc2U && static_cast<unsigned char>(character.back()) < 0xa0U);
}

// Cuts off the next character; '?' for what is none, or none to print.
std::string_view take_clean_character(std::string_view& text) {
  const std::size_t size = utf8_length(text);
  const std::string_view character = text.substr(0, size);
  text.remove_prefix(size > 0 ? size : 1);
  return size == 0 || is_control(character) ? "?" : character;
}

std::string clean(std::string_view text) { return clean_text(text, Workload::longest); }

std::string container_owner(const CgroupWorkload& cgroup) {
  constexpr std::size_t told = 12;  // what `docker ps` shows
  const bool is_known = cgroup.runtime == "docker" || cgroup.runtime == "podman" ||
                        cgroup.runtime == "containerd" || cgroup.runtime == "crio";
  constexpr std::size_t whole = 64;
  const std::string_view id = cgroup.container_id;
  return (is_known ? cgroup.runtime : std::string("container")) + ':' +
         std::string(id.size() == whole ? id.substr(0, told) : id);
}

std::string pod_owner(const CgroupWorkload& cgroup, const std::optional<PodName>& pod) {
  if (!pod) {
    return "pod:uid/" + cgroup.pod_uid;
  }
  std::string owner = "pod:" + pod->name_space + '/' + pod->pod;
  if (!pod->container.empty()) {
    owner += '/' + pod->container;
  }
  return owner;
}

std::string unit_owner(const CgroupWorkload& cgroup) {
  const bool of_user = cgroup.uid.has_value() && !cgroup.unit.starts_with("user@");
  return "unit:" + (of_user ? "user@" + std::to_string(*cgroup.uid) + '/' : std::string()) +
         cgroup.unit;
}

std::string slurm_owner(std::string_view job, std::string_view step) {
  std::string owner = "slurm:" + std::string(job);
  if (!step.empty()) {
    owner.append(".").append(step);
  }
  return owner;
}

std::string owner_of(WorkloadKind kind, const ProcessInfo& process, const CgroupWorkload& cgroup,
                     const std::optional<PodName>& pod) {
  switch (kind) {
    case WorkloadKind::slurm:
      return slurm_owner(cgroup.slurm_job_id, cgroup.slurm_step);
    case WorkloadKind::job:
      return "job:" + cgroup.job_system + '/' + cgroup.job_id;
    case WorkloadKind::pod:
      return pod_owner(cgroup, pod);
    case WorkloadKind::ecs:
      return "ecs:" + cgroup.ecs_task;
    case WorkloadKind::container:
      return container_owner(cgroup);
    case WorkloadKind::unit:
      return unit_owner(cgroup);
    case WorkloadKind::session:
      return "session:" + std::to_string(cgroup.uid.value_or(process.real_uid)) + '/' +
             cgroup.session;
    case WorkloadKind::command:
    case WorkloadKind::unknown:
      break;
  }
  return "command:" + process.comm;
}

WorkloadKind kind_of(const CgroupWorkload& cgroup, const std::optional<PodName>& pod) {
  if (cgroup.kind == WorkloadKind::container && pod) {
    return WorkloadKind::pod;  // the path did not say so, but kubelet keeps its log
  }
  return cgroup.kind == WorkloadKind::unknown ? WorkloadKind::command : cgroup.kind;
}

std::string_view value_of(const Environment& environment, std::string_view name) {
  for (const EnvironmentVariable& variable : environment) {
    if (variable.name == name) {
      return variable.value;
    }
  }
  return {};
}

// Slurm numbers the steps that are none from the top of 32 bits.
std::string_view step_of(std::string_view number) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> named{
      {{"4294967290", "interactive"}, {"4294967291", "batch"}, {"4294967292", "extern"}}};
  for (const auto& [value, name] : named) {
    if (number == value) {
      return name;
    }
  }
  return is_number(number, 20) ? number : std::string_view();
}

// What a launcher calls the rank of a process. The first that is set counts: inner launchers come
// first, as torchrun under srun, or mpirun in a batch step.
struct RankVariables {
  std::string_view rank;
  std::string_view local_rank;
  std::string_view size;  // set beside it; a rank without is another program's word
};
constexpr std::array<RankVariables, 5> launchers{{
    {"RANK", "LOCAL_RANK", "WORLD_SIZE"},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_SIZE"},
    {"PMI_RANK", "MPI_LOCALRANKID", "PMI_SIZE"},
    {"PMIX_RANK", "", ""},
    {"SLURM_PROCID", "SLURM_LOCALID", "SLURM_NTASKS"},
}};

Workload::Rank rank_of(const Environment& environment) {
  constexpr std::size_t digits = 10;
  for (const RankVariables& launcher : launchers) {
    const auto rank = value_of(environment, launcher.rank);
    const bool is_whole = launcher.size.empty() || !value_of(environment, launcher.size).empty();
    if (is_number(rank, digits) && is_whole) {
      const auto local = value_of(environment, launcher.local_rank);
      return {std::string(rank), is_number(local, digits) ? std::string(local) : std::string()};
    }
  }
  return {};
}

std::string job_name_of(const Environment& environment) {
  for (const char* const variable :
       {"SLURM_JOB_NAME", "PBS_JOBNAME", "LSB_JOBNAME", "TORCHELASTIC_RUN_ID"}) {
    const auto name = value_of(environment, variable);
    if (!name.empty() && name != "none") {  // torchrun's, where it was given no name
      return clean(name);
    }
  }
  return {};
}

void take_job(Workload& workload, const Environment& environment) {
  const auto slurm = value_of(environment, "SLURM_JOB_ID");
  if (is_number(slurm, 20)) {
    workload.kind = WorkloadKind::slurm;
    workload.slurm_job_id = slurm;
    workload.slurm_step = step_of(value_of(environment, "SLURM_STEP_ID"));
    workload.owner = slurm_owner(workload.slurm_job_id, workload.slurm_step);
    return;
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> jobs{
      {{"PBS_JOBID", "pbs"}, {"LSB_JOBID", "lsf"}, {"AWS_BATCH_JOB_ID", "batch"}}};
  for (const auto& [variable, system] : jobs) {
    if (const auto job = value_of(environment, variable); !job.empty()) {
      workload.kind = WorkloadKind::job;
      workload.owner = clean("job:" + std::string(system) + '/' + std::string(job));
      return;
    }
  }
}

}  // namespace

std::string clean_text(std::string_view text, std::size_t longest) {
  const std::string tail = '~' + hash_of(text);
  std::string result;
  std::size_t end_if_cut = 0;
  while (!text.empty()) {
    const std::string_view character = take_clean_character(text);
    if (result.size() + character.size() > longest) {
      result.resize(end_if_cut);
      return result + tail;
    }
    result += character;
    if (result.size() + tail.size() <= longest) {
      end_if_cut = result.size();
    }
  }
  return result;
}

Workload workload_of(const ProcessInfo& process, const CgroupWorkload& cgroup,
                     const std::optional<PodName>& pod) {
  Workload workload;
  workload.kind = kind_of(cgroup, pod);
  workload.owner = clean(owner_of(workload.kind, process, cgroup, pod));
  workload.slurm_job_id = clean(cgroup.slurm_job_id);
  workload.slurm_step = clean(cgroup.slurm_step);
  if (pod) {
    workload.name_space = clean(pod->name_space);
    workload.pod = clean(pod->pod);
    workload.container = clean(pod->container);
  }
  workload.container_id = clean(cgroup.container_id);
  workload.unit = clean(cgroup.unit);
  workload.command = clean(process.comm);
  workload.uid = process.real_uid;
  workload.pid = process.pid;
  workload.start_ticks = process.start_ticks;
  workload.truncated = cgroup.truncated;
  return workload;
}

void refine_from_environment(Workload& workload, const Environment& environment) {
  workload.rank = rank_of(environment);
  workload.job_name = job_name_of(environment);
  if (workload.kind <= WorkloadKind::unit) {
    take_job(workload, environment);
  }
}

WorkloadFinder::WorkloadFinder(Files& files, std::string procfs, PodNames& names)
    : files_(files), procfs_(std::move(procfs)), names_(names) {}

Result<Workload> WorkloadFinder::find(std::uint32_t pid) {
  const auto process = read_process(files_, procfs_, pid);
  if (!process) {
    return process.error();
  }
  const CgroupWorkload cgroup = parse_cgroup(process->cgroup);
  std::optional<PodName> pod;
  const bool may_be_pod = cgroup.runtime != "podman" && cgroup.ecs_task.empty();
  if (!cgroup.pod_uid.empty() || (may_be_pod && !cgroup.container_id.empty())) {
    pod = names_.find(cgroup.pod_uid, cgroup.container_id);
  }
  return workload_of(*process, cgroup, pod);
}

}  // namespace efa
