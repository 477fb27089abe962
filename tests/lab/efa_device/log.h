#pragma once

#include <string_view>

namespace efa::lab {

/// Lines on stderr for the people who run the lab.
///
/// Threads  safe to call concurrently; a line is written in one piece
class Log {
 public:
  /// What is said: 0 problems, 1 clients, resets and commands that failed, too, 2 every command;
  /// -1 nothing.
  explicit Log(int detail) : detail_(detail) {}

  void problem(std::string_view who, std::string_view what) const { write_from(0, who, what); }
  void event(std::string_view who, std::string_view what) const { write_from(1, who, what); }
  void trace(std::string_view who, std::string_view what) const { write_from(2, who, what); }
  [[nodiscard]] bool traces() const { return detail_ >= 2; }

 private:
  static void write(std::string_view who, std::string_view what);
  void write_from(int detail, std::string_view who, std::string_view what) const {
    if (detail_ >= detail) {
      write(who, what);
    }
  }

  int detail_;
};

}  // namespace efa::lab
