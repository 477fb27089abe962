#include "collectors/engine/worker_pool.h"

#include <algorithm>
#include <system_error>
#include <thread>

namespace efa {

std::size_t WorkerPool::engaged() const {
  const SteadyTime slow_since = std::chrono::steady_clock::now() - slow_after;
  const auto at_work = std::count_if(workers_.begin(), workers_.end(), [&](const Worker& worker) {
    return worker.busy && worker.since > slow_since;
  });
  return static_cast<std::size_t>(at_work) + permits_;
}

void WorkerPool::engage(std::size_t wanted, std::size_t keep, const std::shared_ptr<void>& owner) {
  keep_ = keep;
  const std::size_t now_engaged = engaged();
  if (wanted <= now_engaged || tasks_.waiting() <= permits_) {
    return;
  }
  std::size_t missing = std::min(wanted - now_engaged, tasks_.waiting() - permits_);
  for (; missing > 0; --missing) {
    try {
      if (idle_ == permits_) {
        spawn(owner);
      }
    } catch (const std::system_error&) {
      return;  // the host gives no more threads: those there are do the work, later
    }
    ++permits_;
    wake_.notify_one();
  }
}

// Detached, because a thread that the kernel holds for 30 s must not hold up the end of the
// program; `owner` keeps alive what it comes back to.
void WorkerPool::spawn(const std::shared_ptr<void>& owner) {
  const auto self = workers_.emplace(workers_.end());
  try {
    std::thread([this, self, owner] { run(self); }).detach();
  } catch (...) {
    workers_.erase(self);
    throw;
  }
  ++idle_;
}

void WorkerPool::run(std::list<Worker>::iterator self) {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return permits_ > 0 || stopping_; });
    --idle_;
    if (stopping_) {
      break;
    }
    --permits_;
    self->busy = true;
    while (tasks_.waiting() > 0 && !stopping_) {
      self->since = std::chrono::steady_clock::now();
      tasks_.work_on_next(lock);
    }
    self->busy = false;
    if (idle_ >= keep_) {
      break;
    }
    ++idle_;
  }
  workers_.erase(self);
  left_.notify_all();
}

void WorkerPool::stop() {
  stopping_ = true;
  wake_.notify_all();
}

void WorkerPool::wait_until_left(std::unique_lock<std::mutex>& lock) {
  left_.wait_for(lock, slow_after, [this] { return workers_.empty(); });
  left_.wait(lock, [this] {
    return std::all_of(workers_.begin(), workers_.end(), [](const Worker& worker) {
      return worker.busy && worker.since <= std::chrono::steady_clock::now() - slow_after;
    });
  });
}

}  // namespace efa
