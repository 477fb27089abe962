#include "collectors/ownership/ownership_refresher.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace efa {

// Shared with the thread, which outlives the refresher while the kernel holds it.
class OwnershipRefresher::State {
 public:
  State(Read read, const Clock& clock, std::chrono::nanoseconds interval)
      : read_(std::move(read)), clock_(clock), interval_(interval) {}

  std::shared_ptr<const Ownership> latest(const std::vector<std::string>& devices,
                                          std::chrono::nanoseconds patience,
                                          const std::shared_ptr<State>& self) {
    std::unique_lock lock(mutex_);
    if (!asked_ && (!last_ || clock_.now() - last_->taken >= interval_ || devices != devices_)) {
      devices_ = devices;
      asked_ = true;
      start_thread(self);
      changed_.notify_all();
    }
    if (!last_) {
      changed_.wait_for(lock, patience, [this] { return last_ != nullptr; });
    }
    return last_;
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }

 private:
  void start_thread(const std::shared_ptr<State>& self) {
    if (!started_) {
      std::thread([self] { self->run(); }).detach();
      started_ = true;
    }
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return asked_ || stopping_; });
      if (stopping_) {
        return;
      }
      const std::vector<std::string> devices = devices_;
      lock.unlock();
      auto read = std::make_shared<const Ownership>(read_(devices));
      lock.lock();
      last_ = std::move(read);
      asked_ = false;
      changed_.notify_all();
    }
  }

  const Read read_;
  const Clock& clock_;
  const std::chrono::nanoseconds interval_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> devices_;
  std::shared_ptr<const Ownership> last_;
  bool asked_ = false;  // a reading is wanted, or under way
  bool started_ = false;
  bool stopping_ = false;
};

OwnershipRefresher::OwnershipRefresher(Read read, const Clock& clock,
                                       std::chrono::nanoseconds interval)
    : state_(std::make_shared<State>(std::move(read), clock, interval)) {}

OwnershipRefresher::~OwnershipRefresher() { state_->stop(); }

std::shared_ptr<const Ownership> OwnershipRefresher::latest(const std::vector<std::string>& devices,
                                                            std::chrono::nanoseconds patience) {
  return state_->latest(devices, patience, state_);
}

}  // namespace efa
