#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "collectors/workload/cgroup_path.h"

namespace efa {

/// Goes down a cgroup path, a component at a time, and collects what each tells. Only the component
/// above is ever looked back at, so that a path costs what it is long.
class CgroupWalk {
 public:
  /// The next component, without slashes; never empty.
  void enter(std::string_view component);
  /// All that was told; `kind` is left to the caller.
  [[nodiscard]] CgroupWorkload found() && { return std::move(found_); }

 private:
  // Each says whether the component was for it alone.
  bool user(std::string_view component);
  bool slurm(std::string_view component);
  bool slurm_id(std::string_view component);
  bool pod(std::string_view component);
  bool ecs(std::string_view component);
  bool batch(std::string_view component);
  bool container(std::string_view component);
  void unit(std::string_view component);

  void enter_plain(std::string_view component);
  void set_container(std::string_view id, std::string_view runtime);

  CgroupWorkload found_;
  std::string_view above_;        // the component before, or empty
  std::string_view job_above_;    // its number if it is job_<number>
  std::string joined_;            // of a component that was three in one
  std::size_t depth_ = 0;         // 1 for the first
  std::size_t pod_depth_ = 0;     // of the pod, 0: none
  bool in_slurm_ = false;         // below a cgroup of Slurm's
  bool in_kubepods_ = false;      // below kubepods
  bool in_pbs_ = false;           // below a cgroup of PBS's
  bool in_lsf_ = false;           // below lsf
  bool in_user_manager_ = false;  // below user@<uid>.service
};

}  // namespace efa
