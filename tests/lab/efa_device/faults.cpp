#include "tests/lab/efa_device/faults.h"

#include <algorithm>

namespace efa::lab {

void AdminFaults::fail(std::uint8_t op, AdminStatus status, long count) {
  failures_.push_back({op, status, count});
}

void AdminFaults::heal() {
  stalled_ = 0;
  delay_ = std::chrono::microseconds::zero();
  failures_.clear();
}

bool AdminFaults::swallows() {
  if (stalled_ == 0) {
    return false;
  }
  if (stalled_ != always) {
    --stalled_;
  }
  return true;
}

std::optional<AdminStatus> AdminFaults::failure_of(std::uint8_t op) {
  const auto found = std::find_if(failures_.begin(), failures_.end(), [op](const Failure& failure) {
    return failure.count != 0 && (failure.op == 0 || failure.op == op);
  });
  if (found == failures_.end()) {
    return std::nullopt;
  }
  const AdminStatus status = found->status;
  if (found->count != always && --found->count == 0) {
    failures_.erase(found);
  }
  return status;
}

}  // namespace efa::lab
