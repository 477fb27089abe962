#include "collectors/workload/cgroup_walk.h"

#include <algorithm>
#include <optional>

#include "collectors/workload/cgroup_component.h"

namespace efa {
namespace {

using cgroup::between;
using cgroup::is_number;
using cgroup::is_plain;

}  // namespace

// Where containerd and the kubelet do not agree on the driver, systemd's notation of a scope
// becomes one component: "kubepods-burstable-pod<uid>.slice:cri-containerd:<id>".
void CgroupWalk::enter(std::string_view component) {
  const auto first = component.find(':');
  const auto last = component.rfind(':');
  const std::string_view slice = component.substr(0, first);
  if (first == std::string_view::npos || first == last || !slice.ends_with(".slice")) {
    enter_plain(component);
    return;
  }
  joined_ = component.substr(first + 1, last - first - 1);
  joined_ += '-';
  joined_ += component.substr(last + 1);
  joined_ += ".scope";
  enter_plain(slice);
  if (joined_ != "-.scope") {
    enter_plain(joined_);
  }
  above_ = component;  // joined_ may be written again
}

void CgroupWalk::enter_plain(std::string_view component) {
  if (component == "..") {
    found_.truncated = true;
    return;
  }
  ++depth_;
  const bool claimed = !in_user_manager_ && (slurm(component) || pod(component) || ecs(component) ||
                                             batch(component) || user(component));
  if (!claimed && !container(component)) {
    unit(component);
  }
  above_ = component;
}

bool CgroupWalk::user(std::string_view component) {
  if (const auto uid = cgroup::parse_uid(between(component, "user-", ".slice"))) {
    found_.uid = uid;
    return true;
  }
  if (const auto uid = cgroup::parse_uid(between(component, "user@", ".service"))) {
    found_.uid = uid;
    in_user_manager_ = true;
    unit(component);
    return true;
  }
  const auto session = between(component, "session-", ".scope");
  if (!session || !is_plain(*session, "", 32) || !found_.uid) {
    return false;
  }
  found_.session = *session;
  found_.unit.clear();
  return true;
}

// v1: slurm[_<host>]/uid_<u>/job_<j>/step_<s>/task_<t>, below any prefix;
// v2: [<host>_]slurmstepd.scope/job_<j>/step_<s>/{user/task_<t>,slurm}.
bool CgroupWalk::slurm(std::string_view component) {
  const bool told = slurm_id(component);
  const auto job = between(component, "job_");
  job_above_ = job && is_number(*job, 20) ? *job : std::string_view();
  if (component == "slurmstepd.scope" || component.ends_with("_slurmstepd.scope")) {
    in_slurm_ = true;
    return false;  // what is in no job is a unit
  }
  const bool is_folder =
      component == "slurm" || (component.starts_with("slurm_") && !component.ends_with(".service"));
  in_slurm_ = in_slurm_ || is_folder;
  return told || is_folder;
}

bool CgroupWalk::slurm_id(std::string_view component) {
  const auto job = between(component, "job_");
  const auto step = between(component, "step_");
  const auto task = between(component, "task_");
  if (job && is_number(*job, 20)) {
    const auto uid = cgroup::parse_uid(between(above_, "uid_"));
    if (!in_slurm_ && !uid) {
      return false;  // nothing yet: step_<s> may follow
    }
    found_.slurm_job_id = *job;
    found_.slurm_uid = uid;
    found_.slurm_step.clear();
    found_.slurm_task.clear();
    return true;
  }
  if (step && !job_above_.empty() && is_plain(*step, "+", 32)) {
    if (found_.slurm_job_id != job_above_) {
      found_.slurm_job_id = job_above_;
      found_.slurm_uid.reset();
    }
    found_.slurm_step = *step;
    found_.slurm_task.clear();
    return true;
  }
  if (task && !found_.slurm_step.empty() && is_plain(*task, "", 20)) {
    found_.slurm_task = *task;
    return true;
  }
  return false;
}

bool CgroupWalk::pod(std::string_view component) {
  auto uid = cgroup::pod_in_slice(component);
  if (!uid && in_kubepods_) {
    uid = cgroup::pod_in_folder(component, above_);
  }
  if (uid && is_plain(*uid, "-_", 64)) {
    found_.pod_uid = *uid;
    std::replace(found_.pod_uid.begin(), found_.pod_uid.end(), '_', '-');
    found_.container_id.clear();
    found_.runtime.clear();
    pod_depth_ = depth_;
    return true;
  }
  if (component == "kubepods" || component == "kubepods.slice" ||
      component.ends_with("-kubepods.slice")) {
    in_kubepods_ = true;
    return true;
  }
  return false;
}

// ecs/<task>/<id>, or ecstasks.slice/ecstasks-<task>.slice/docker-<id>.scope. A task of AWS Batch
// is one of ECS.
bool CgroupWalk::ecs(std::string_view component) {
  auto task = between(component, "ecstasks-", ".slice");
  if (!task && above_ == "ecs" && depth_ == 2) {
    task = component;
  }
  if (task && is_plain(*task, "-_", 64)) {
    found_.ecs_task = *task;
    found_.container_id.clear();
    found_.runtime.clear();
    return true;
  }
  // On Fargate containers are numbered: "<task>-<number>".
  if (found_.ecs_task.empty() || above_ != found_.ecs_task) {
    return false;
  }
  const auto number = between(component, found_.ecs_task + '-');
  if (!number || !is_number(*number, 20)) {
    return false;
  }
  found_.container_id = component;
  return true;
}

// pbs_jobs.service/jobid/<id> (v2: jobs/<id>), pbspro[.service]/jobid/<id>;
// lsf/<cluster>/job.<id>.<more>; htcondor/<slot>.
bool CgroupWalk::batch(std::string_view component) {
  constexpr std::string_view more = "-_.@[]+";
  if (in_pbs_ && (above_ == "jobid" || above_ == "jobs") && is_plain(component, more, 128)) {
    found_.job_system = "pbs";
    found_.job_id = component;
    return true;
  }
  if (above_ == "htcondor" && is_plain(component, more, 128)) {
    found_.job_system = "htcondor";
    found_.job_id = component;
    return true;
  }
  const auto job = between(component, "job.");
  if (job && depth_ >= 3 && in_lsf_) {
    const std::string_view id = job->substr(0, job->find('.'));
    if (is_plain(id, "[]", 32)) {
      found_.job_system = "lsf";
      found_.job_id = id;
      return true;
    }
  }
  in_lsf_ = in_lsf_ || component == "lsf";
  in_pbs_ = in_pbs_ || component.starts_with("pbspro") || component.starts_with("pbs_jobs");
  return false;
}

// A pod's or task's own container is the one below it, not what it may run in turn.
void CgroupWalk::set_container(std::string_view id, std::string_view runtime) {
  const bool belongs = !found_.pod_uid.empty() || !found_.ecs_task.empty();
  if (belongs && !found_.container_id.empty()) {
    return;
  }
  found_.container_id = id;
  found_.runtime = runtime;
}

bool CgroupWalk::container(std::string_view component) {
  if (const auto name = cgroup::parse_container(component)) {
    set_container(name->id, name->runtime);
    return true;
  }
  const bool in_pod = pod_depth_ != 0 && pod_depth_ + 1 == depth_;
  const bool is_named = depth_ == 2 && above_ == "default" && is_plain(component, "-_.", 64);
  const bool is_lone_id = cgroup::is_whole_container_id(component) && !found_.truncated;
  if (!is_lone_id && !is_named && !(in_pod && cgroup::is_container_id(component))) {
    return false;
  }
  if (above_ == "docker") {
    set_container(component, "docker");
  } else if (above_ == "libpod_parent") {
    set_container(component, "podman");
  } else if (above_ == "default" || above_ == "k8s.io") {
    set_container(component, "containerd");
  } else {
    set_container(component, "");
  }
  return true;
}

void CgroupWalk::unit(std::string_view component) {
  const auto name = cgroup::parse_unit(component);
  const bool of_manager = component == "init.scope" && !found_.unit.empty();
  if (name && !of_manager) {
    found_.unit = *name;
    found_.session.clear();
  }
}

}  // namespace efa
