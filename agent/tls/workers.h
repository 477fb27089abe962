#pragma once

#include <pthread.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace efa {

/// A thread with a stack of its own size, which takes no signals. Goes on, on its own, if it is not
/// joined.
class SmallThread {
 public:
  SmallThread() = default;
  /// Throws std::system_error.
  SmallThread(std::size_t stack, std::function<void()> work);
  SmallThread(SmallThread&& other) noexcept : thread_(std::exchange(other.thread_, std::nullopt)) {}
  SmallThread& operator=(SmallThread&& other) noexcept {
    std::swap(thread_, other.thread_);
    return *this;
  }
  SmallThread(const SmallThread&) = delete;
  SmallThread& operator=(const SmallThread&) = delete;
  ~SmallThread();

  /// Waits until nothing is left of it.
  void join();

 private:
  std::optional<pthread_t> thread_;
};

/// Threads that are started when there is work for them, up to a limit; then work waits.
///
/// Cost     a stack of 128 KiB each, kept until the end
/// Threads  run() is safe to call concurrently
class Workers {
 public:
  /// Starts the first one. Throws std::system_error if that fails.
  explicit Workers(unsigned most);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers();

  /// An exception that leaves `job` is dropped.
  void run(std::function<void()> job);

  /// Ends the threads when they have nothing more to do. False: a job has not returned by then;
  /// its thread goes on, on its own.
  bool stop(std::chrono::steady_clock::time_point deadline);

 private:
  struct State;
  static SmallThread start_thread(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

}  // namespace efa
