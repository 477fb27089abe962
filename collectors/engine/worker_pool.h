#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>

#include "collectors/base/clock.h"

namespace efa {

/// The threads of a ReadingEngine: woken one by one, replaced while the kernel holds one of them.
///
/// A thread that is given a permit takes tasks until there are none. One that has been at a task
/// for longer than `slow_after` is left to it: it is no longer counted, so that another may take
/// its place, and leaves when it comes back and enough others are waiting.
///
/// Threads  all members want the caller to hold the mutex that was given to the constructor
class WorkerPool {
 public:
  /// What the threads work on.
  class Tasks {
   public:
    Tasks() = default;
    Tasks(const Tasks&) = delete;
    Tasks& operator=(const Tasks&) = delete;
    virtual ~Tasks() = default;
    /// How many wait to be taken.
    [[nodiscard]] virtual std::size_t waiting() const = 0;
    /// Takes one, works on it with `lock` released, and returns with it held.
    virtual void work_on_next(std::unique_lock<std::mutex>& lock) = 0;
  };

  static constexpr std::chrono::milliseconds slow_after{20};

  WorkerPool(std::mutex& mutex, Tasks& tasks) : mutex_(mutex), tasks_(tasks) {}

  /// Sees to it that up to `wanted` threads work on the waiting tasks, slow ones not counted.
  /// `owner` keeps mutex and tasks alive for as long as a thread runs. Where the host gives no more
  /// threads it goes on with those there are. Up to `keep` threads stay when there is nothing to
  /// do.
  void engage(std::size_t wanted, std::size_t keep, const std::shared_ptr<void>& owner);

  /// Tells the threads to leave; those in the kernel do so when they come back.
  void stop();
  /// Waits until only slow threads, if any, have not left.
  void wait_until_left(std::unique_lock<std::mutex>& lock);

  [[nodiscard]] std::size_t thread_count() const { return workers_.size(); }

 private:
  struct Worker {
    SteadyTime since;
    bool busy = false;
  };

  void run(std::list<Worker>::iterator self);
  void spawn(const std::shared_ptr<void>& owner);
  [[nodiscard]] std::size_t engaged() const;

  std::mutex& mutex_;
  Tasks& tasks_;
  std::condition_variable wake_;
  std::condition_variable left_;
  std::list<Worker> workers_;
  std::size_t idle_ = 0;     // begun ones that have not got to waiting yet included
  std::size_t permits_ = 0;  // given and not yet taken up; never more than idle_
  std::size_t keep_ = 1;     // threads that stay when there is nothing to do
  bool stopping_ = false;
};

}  // namespace efa
