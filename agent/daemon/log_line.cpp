#include "agent/daemon/log_line.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace efa::log {
namespace {

constexpr std::string_view cut_mark = "...";
// Kept free for what closes a line that was cut: the mark, quote, brace and newline.
constexpr std::size_t reserve = cut_mark.size() + 3;

struct Character {
  char32_t code_point = 0xfffd;
  std::size_t length = 0;  // 0: malformed
};

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) {
    return 1;
  }
  if (lead < 0xc2 || lead > 0xf4) {
    return 0;
  }
  if (lead < 0xe0) {
    return 2;
  }
  return lead < 0xf0 ? 3 : 4;
}

// The character of UTF-8 that `text`, which is not empty, begins with.
Character first_character(std::string_view text) {
  constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = sequence_length(lead);
  if (length == 1) {
    return {lead, 1};
  }
  if (length == 0 || text.size() < length) {
    return {};
  }
  char32_t code_point = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0U) != 0x80) {
      return {};
    }
    code_point = (code_point << 6U) | (byte & 0x3fU);
  }
  const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  if (code_point < smallest[length] || code_point > 0x10ffff || surrogate) {
    return {};
  }
  return {code_point, length};
}

// C0, DEL and C1 would reach a terminal as commands; U+2028 and U+2029 end a line for some readers.
bool needs_escape(char32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f) || code_point == '"' ||
         code_point == '\\' || code_point == 0x2028 || code_point == 0x2029;
}

// One character as it may stand in a quoted string, of JSON and of logfmt alike.
class Escaped {
 public:
  explicit Escaped(std::string_view text) : character_(first_character(text)) {
    if (character_.length != 0 && !needs_escape(character_.code_point)) {
      text_ = text.substr(0, character_.length);
      return;
    }
    switch (character_.code_point) {
      case '"':
        text_ = "\\\"";
        break;
      case '\\':
        text_ = "\\\\";
        break;
      case '\n':
        text_ = "\\n";
        break;
      case '\r':
        text_ = "\\r";
        break;
      case '\t':
        text_ = "\\t";
        break;
      default:
        write_number();
    }
  }

  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::size_t consumed() const {
    return character_.length == 0 ? 1 : character_.length;
  }

 private:
  void write_number() {
    const auto size = std::snprintf(number_.data(), number_.size(), "\\u%04x",
                                    static_cast<unsigned>(character_.code_point));
    text_ = {number_.data(), static_cast<std::size_t>(size)};
  }

  Character character_;
  std::array<char, 16> number_{};
  std::string_view text_;
};

// Whether a value can stand in logfmt without quotes.
bool is_bare(std::string_view value) {
  if (value.empty()) {
    return false;
  }
  while (!value.empty()) {
    const Character character = first_character(value);
    if (character.length == 0 || character.code_point == ' ' || character.code_point == '=' ||
        needs_escape(character.code_point)) {
      return false;
    }
    value.remove_prefix(character.length);
  }
  return true;
}

class LineBuilder {
 public:
  LineBuilder(std::string& line, LogFormat format) : line_(line), format_(format) {}

  // Nothing more is added once something had to be cut.
  void add(std::string_view key, std::string_view value, bool always_quoted = false) {
    const bool json = format_ == LogFormat::json;
    const bool quoted = json || always_quoted || !is_bare(value);
    // Separator, key in quotes, colon, quote.
    if (cut_ || line_.size() + key.size() + 5 + reserve > max_line_bytes) {
      cut_ = true;
      return;
    }
    if (json) {
      line_ += first_ ? "{\"" : ",\"";
      line_ += key;
      line_ += "\":";
    } else {
      line_ += first_ ? "" : " ";
      line_ += key;
      line_ += '=';
    }
    first_ = false;
    line_ += quoted ? "\"" : "";
    add_escaped(value);
    line_ += quoted ? "\"" : "";
  }

  void finish() { line_ += format_ == LogFormat::json ? "}\n" : "\n"; }

 private:
  void add_escaped(std::string_view value) {
    while (!value.empty()) {
      const Escaped next(value);
      if (line_.size() + next.text().size() + reserve > max_line_bytes) {
        line_ += cut_mark;
        cut_ = true;
        return;
      }
      line_ += next.text();
      value.remove_prefix(next.consumed());
    }
  }

  std::string& line_;
  LogFormat format_;
  bool first_ = true;
  bool cut_ = false;
};

// 2026-11-22T12:00:00.123Z
std::string timestamp(std::chrono::system_clock::time_point time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time - seconds).count();
  const std::time_t unix_time = std::chrono::system_clock::to_time_t(seconds);
  std::tm utc{};
  ::gmtime_r(&unix_time, &utc);
  std::array<char, 40> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text.data() + size, text.size() - size, ".%03dZ", static_cast<int>(milliseconds));
  return text.data();
}

// The levels of sd-daemon(3), which are those of syslog(3).
std::string_view journal_prefix(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "<7>";
    case LogLevel::info:
      return "<6>";
    case LogLevel::warning:
      return "<4>";
    case LogLevel::error:
      return "<3>";
  }
  return "";
}

}  // namespace

std::string_view level_word(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "";
}

void render_line(const Entry& entry, const LineStyle& style, std::string& line) {
  const bool journal = style.destination == Destination::journal;
  line = journal ? journal_prefix(entry.level) : std::string_view();
  LineBuilder builder(line, style.format);
  if (!journal) {
    builder.add("ts", timestamp(entry.time));
  }
  builder.add("level", level_word(entry.level));
  builder.add("msg", entry.message, true);
  for (const Field& field : entry.fields) {
    builder.add(field.key, field.value);
  }
  builder.finish();
}

}  // namespace efa::log
