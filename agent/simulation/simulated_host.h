#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "collectors/base/clock.h"
#include "collectors/base/result.h"

namespace efa {

/// A private sysfs tree of one instance type's devices, whose counters move like a training
/// job's: steps of compute, then an all-reduce at line rate in both directions, now and then a
/// retransmission. The normal readers read it. It begins as if the job had run for an hour.
///
/// Source   config/efa_instance_types.csv for how many devices of which speed and with which verbs
/// Errors   create() says what was probably meant when it does not know a type; errno with the
/// path, such
///          as that of a full disk, from both
/// Cost     advance() writes the files that changed, about half of them: 2 ms for 32 devices; one
///          descriptor. Nothing happens between calls, so that no value is ever read half written
/// Threads  one at a time
class SimulatedHost {
 public:
  /// Makes the tree in a folder of its own below `parent` (a tmpfs if there is one), and removes
  /// what earlier processes that were killed have left there. `clock` must outlive it.
  static Result<std::unique_ptr<SimulatedHost>> create(const std::string& instance_type,
                                                       const Clock& clock,
                                                       const std::filesystem::path& parent);
  /// /dev/shm if it is a tmpfs that can be written to, else the directory for temporary files.
  static std::filesystem::path default_parent();
  SimulatedHost(const SimulatedHost&) = delete;
  SimulatedHost& operator=(const SimulatedHost&) = delete;
  /// Removes the tree.
  ~SimulatedHost();

  /// The path to give to the readers in place of /sys.
  [[nodiscard]] std::string sysfs() const;

  /// Moves the counters on to the clock's now. After an error some of them are older; the next call
  /// brings them up to date.
  Result<void> advance();

 private:
  class Impl;
  explicit SimulatedHost(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace efa
