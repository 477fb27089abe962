#pragma once

#include <chrono>
#include <memory>

#include "collectors/engine/device_reader.h"
#include "collectors/engine/reading.h"

namespace efa {

struct EngineLimits {
  std::chrono::milliseconds deadline{2000};  // of one device, counted from the start of the scrape
  std::size_t threads = 8;                   // readers side by side, stuck ones not counted
};

/// Reads all devices side by side, and lets none of them hold up another.
///
/// A reading starts with a scan for devices; then each device is one task for a small pool of
/// threads. The pool is woken thread by thread: a host whose devices answer at once is
/// read by one thread, which costs the least CPU; devices that make their readers wait are read
/// side by side. A thread that waits in the kernel longer than a moment is no longer counted,
/// so that another one takes its place; there is never more than one scan and one reading of a
/// device, so there are never more threads than `limits.threads` plus devices plus one.
///
/// Errors   a device that misses the deadline is `stuck` in the reading that is returned and in
///          every later one until its reading has returned; nobody asks it meanwhile
/// Cost     two context switches and a scan when devices answer at once; nothing between scrapes
/// Threads  read() is safe to call concurrently; overlapping calls share one reading
class ReadingEngine {
 public:
  ReadingEngine(std::unique_ptr<DeviceScanner> scanner, const EngineLimits& limits);
  ReadingEngine(const ReadingEngine&) = delete;
  ReadingEngine& operator=(const ReadingEngine&) = delete;
  /// Does not wait for stuck threads: they end by themselves once the kernel lets go of them, and
  /// what their readers refer to has to be there until then.
  ~ReadingEngine();

  /// Reads every device, waiting until all have answered, or for the smaller of `patience` and the
  /// limit. Never null.
  std::shared_ptr<const Reading> read(std::chrono::milliseconds patience);
  std::shared_ptr<const Reading> read();

  void set_limits(const EngineLimits& limits);

  /// Threads that exist now, waiting ones and stuck ones included.
  [[nodiscard]] std::size_t thread_count() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace efa
