#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/daemon/problem_log.h"
#include "collectors/engine/reading.h"

namespace efa {

/// Tells the log what a person wants to know of the readings: how many devices there are, which
/// come, go and are renamed, which cannot be read and for how long.
///
/// Cost     a comparison of one pointer a device while nothing changes
/// Threads  report() is safe to call concurrently; a reading that scrapes shared, or that is
///          older than the last one, says nothing new
class ReadingLog {
 public:
  explicit ReadingLog(const LogWrite& write = log::write) : write_(write), problems_(write) {}

  void report(const Reading& reading);

 private:
  using Layout = std::shared_ptr<const DeviceLayout>;

  bool is_news(const Reading& reading);
  void report_devices(const Reading& reading);
  void report_first_devices(const Reading& reading);
  void report_gone(const Reading& reading);
  void report_found_or_renamed(const DeviceAttributes& device);
  void report_problems(const Reading& reading);
  [[nodiscard]] const DeviceAttributes* known(const std::string& identity) const;

  std::mutex mutex_;
  LogWrite write_;
  ProblemLog problems_;
  std::optional<SteadyTime> last_;
  bool devices_known_ = false;
  std::vector<Layout> layouts_;  // of the last reading, none is null
};

}  // namespace efa
