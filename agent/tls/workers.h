#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace efa {

/// A thread with a stack of its own size that nobody joins and that takes no signals.
///
/// Errors   throws std::system_error
void start_detached_thread(std::size_t stack, std::function<void()> work);

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
  static void start_thread(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

}  // namespace efa
