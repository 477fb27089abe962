#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "config/config.h"

namespace efa::log {

/// A word about what happened: `key` is one of our own literals, `value` may be anything.
struct Field {
  std::string_view key;
  std::string_view value;
};

/// Who reads the lines.
enum class Destination : std::uint8_t {
  plain,    // a person, a file, a container runtime: lines begin with the time
  journal,  // journald, which knows the time; lines begin with sd-daemon's level, "<6>"
};

struct LineStyle {
  LogFormat format = LogFormat::logfmt;
  Destination destination = Destination::plain;

  bool operator==(const LineStyle&) const = default;
};

struct Entry {
  LogLevel level = LogLevel::info;
  std::chrono::system_clock::time_point time;
  std::string_view message;
  std::span<const Field> fields;
};

/// No line is longer, its newline included: a write of that much to a pipe that has room
/// neither blocks nor mixes with the lines of others (PIPE_BUF).
inline constexpr std::size_t max_line_bytes = 4096;

/// The word of a level in a line: the one that --log.level takes.
std::string_view level_word(LogLevel level);

/// Replaces `line` by one line, newline included. Whatever the values hold, the line is one
/// line of valid UTF-8 and, as JSON, one valid object: control characters are escaped, malformed
/// UTF-8 becomes U+FFFD, a value that does not fit ends in "..." and is the last one.
void render_line(const Entry& entry, const LineStyle& style, std::string& line);

}  // namespace efa::log
