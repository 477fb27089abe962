#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/daemon/log.h"
#include "collectors/base/clock.h"

namespace efa {

/// Takes a line of log; log::write, or a test.
using LogWrite = std::function<void(LogLevel, std::string_view, std::span<const log::Field>)>;
/// Keys and values that outlive the call that made them.
using LogWords = std::vector<std::pair<std::string, std::string>>;

void write_words(const LogWrite& write, LogLevel level, std::string_view message,
                 const LogWords& words);

/// Something that is wrong now.
struct CurrentProblem {
  std::string subject;  // what has the problem: an identity that lasts as long as it
  std::string kind;     // which problem, without what may differ from scrape to scrape;
                        // empty: not known, and news only if the subject had none
  std::string message;  // "device cannot be read"
  std::string over;     // "device is readable again"
  LogWords about;       // names the subject, in both lines
  LogWords details;     // in the first line only
};

/// Logs a problem that lasts once, and not in each scrape, and once more when it is over.
///
/// A subject's trouble begins with its first problem; each further kind is logged when it
/// first shows. It is over when the subject has been without any for `quiet`, so that a
/// device that fails in every second scrape does not log two lines each time.
///
/// Cost     nothing while there is no problem; memory is bounded: what is over
///          max_subjects or max_kinds is logged in no scrape
/// Threads  one at a time
class ProblemLog {
 public:
  static constexpr std::chrono::seconds default_quiet{60};
  static constexpr std::size_t max_subjects = 256;
  static constexpr std::size_t max_kinds = 16;

  explicit ProblemLog(LogWrite write = log::write, std::chrono::nanoseconds quiet = default_quiet)
      : write_(std::move(write)), quiet_(quiet) {}

  /// All that is wrong at `now`, which is not before that of the last call.
  void report(std::span<const CurrentProblem> current, SteadyTime now);

  /// The subject is gone, and its problems with it.
  void forget(const std::string& subject) { troubles_.erase(subject); }

 private:
  struct Trouble {
    SteadyTime since;
    SteadyTime last_seen;
    SteadyTime clear_since;  // the first report without it after last_seen
    std::string over;
    LogWords about;
    std::set<std::string> logged_kinds;
  };

  void note(const CurrentProblem& problem, SteadyTime now);
  void end_quiet_ones(SteadyTime now);

  LogWrite write_;
  std::chrono::nanoseconds quiet_;
  std::map<std::string, Trouble> troubles_;
};

}  // namespace efa
