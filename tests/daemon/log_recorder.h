#pragma once

#include <string>
#include <vector>

#include "agent/daemon/problem_log.h"

namespace efa::test {

/// Keeps what is logged, each line as `level message key=value ...`.
class LogRecorder {
 public:
  [[nodiscard]] LogWrite write() {
    return [this](LogLevel level, std::string_view message, std::span<const log::Field> fields) {
      std::string line = std::string(log::level_word(level)) + ' ' + std::string(message);
      for (const log::Field& field : fields) {
        line += ' ' + std::string(field.key) + '=' + std::string(field.value);
      }
      lines_.push_back(line);
    };
  }

  /// What came since the last call.
  std::vector<std::string> take() { return std::exchange(lines_, {}); }

 private:
  std::vector<std::string> lines_;
};

}  // namespace efa::test
