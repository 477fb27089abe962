#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collectors/base/files.h"
#include "collectors/base/result.h"
#include "collectors/sysfs/descriptor_budget.h"

namespace efa {

/// A sysfs directory of one-number files, held open by descriptor so that a
/// device re-created under the same name is never mistaken for the old one.
///
/// Source   /sys/class/infiniband/<device>/[ports/<port>/]hw_counters
/// Units    none; values pass through exactly as the kernel prints them
/// Errors   absent     no such file: the driver is older than the counter
///          closed     the device left after open(), or its admin queue is closed
///          timeout    the device did not answer the driver
///          malformed  not one decimal number that fits 64 bits
/// Cost     one pread per file; the kernel asks the device at most once per
///          `lifespan` (10 ms by default), however many files are read. Without descriptors
///          to spare: open, pread and close per file
/// Threads  one at a time
class CounterDirectory {
 public:
  /// Opens `path` and lists it; files whose name begins with a dot are not counters.
  static Result<CounterDirectory> open(Files& files, std::string path, DescriptorBudget& budget);

  CounterDirectory(CounterDirectory&& other) noexcept;
  CounterDirectory& operator=(CounterDirectory&&) = delete;
  CounterDirectory(const CounterDirectory&) = delete;
  CounterDirectory& operator=(const CounterDirectory&) = delete;
  ~CounterDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// The files found, in the order of their names.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

  /// Has to be called before the reads of a scrape, and end_reads() after them.
  Result<void> begin_reads();
  void end_reads();

  /// The number in the file `names()[index]`.
  Result<std::uint64_t> read_u64(std::size_t index);

 private:
  CounterDirectory(Files& files, DescriptorBudget& budget, std::string path);
  void keep_descriptors();

  Files* files_;
  DescriptorBudget* budget_;
  std::string path_;
  std::vector<std::string> names_;
  UniqueFd directory_;
  std::vector<UniqueFd> kept_;  // parallel to names_, or empty
  std::size_t taken_ = 0;       // from the budget
};

}  // namespace efa
