#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "collectors/health/check.h"

namespace efa {

/// What checks came to.
struct DoctorReport {
  struct Entry {
    const Check* check = nullptr;
    Finding finding;
  };

  std::vector<Entry> entries;  // ranked
  std::string host_name;
  std::string instance_id;                      // empty: not known
  std::string instance_type;                    // empty: not known
  std::optional<std::chrono::seconds> watched;  // nothing: counters were judged since boot
  bool strict = false;                          // what is unknown counts as failed
  std::string probe;  // what efa-probe printed: JSON; empty: nothing, or not asked

  [[nodiscard]] std::size_t count(Verdict verdict) const;
  /// 0: nothing to do; 1: warnings; 2: failures. What is not known is neither, unless `strict`.
  [[nodiscard]] int exit_code() const;
};

/// For people: what is wrong first, what is not known after it, then a line of those that passed.
/// `colour`: with escape sequences of a terminal. `details`: also all that passed, one by one.
std::string text_of(const DoctorReport& report, bool colour, bool details);

/// For programs; the schema is told in deploy/doctor/README.md.
std::string json_of(const DoctorReport& report);

}  // namespace efa
