#pragma once

#include <cstdint>
#include <string>

#include "collectors/workload/workload.h"

namespace efa::test {

inline Workload made_workload(const std::string& owner, std::uint32_t pid,
                              std::uint64_t start_ticks) {
  Workload workload;
  workload.owner = owner;
  workload.pid = pid;
  workload.start_ticks = start_ticks;
  return workload;
}

}  // namespace efa::test
