#include "agent/daemon/log_line.h"

#include <random>
#include <string>
#include <vector>

#include "tests/daemon/flat_json.h"
#include "tests/support/catch.h"

namespace efa::log {
namespace {

// 2026-11-22T12:00:00.123456Z
constexpr std::chrono::system_clock::time_point noon{std::chrono::microseconds(1795348800123456)};

std::string rendered(const std::string& message, const std::vector<Field>& fields,
                     const LineStyle& style, LogLevel level = LogLevel::info) {
  std::string line = "what stood here before";
  render_line({level, noon, message, fields}, style, line);
  return line;
}

std::string logfmt_value(const std::string& value) {
  const std::string line =
      rendered("m", {{"key", value}}, {LogFormat::logfmt, Destination::journal});
  const std::string head = "<6>level=info msg=\"m\" key=";
  REQUIRE(line.substr(0, head.size()) == head);
  REQUIRE(line.back() == '\n');
  return line.substr(head.size(), line.size() - head.size() - 1);
}

constexpr LineStyle logfmt{LogFormat::logfmt, Destination::plain};
constexpr LineStyle json{LogFormat::json, Destination::plain};

}  // namespace

TEST_CASE("a logfmt line has time, level, message and fields") {
  CHECK(rendered("device found", {{"device", "rdmap16s27"}, {"pci_address", "0000:10:1b.0"}},
                 logfmt) ==
        "ts=2026-11-22T12:00:00.123Z level=info msg=\"device found\" device=rdmap16s27 "
        "pci_address=0000:10:1b.0\n");
}

TEST_CASE("a JSON line has time, level, message and fields") {
  CHECK(rendered("device found", {{"device", "rdmap16s27"}}, json, LogLevel::warning) ==
        "{\"ts\":\"2026-11-22T12:00:00.123Z\",\"level\":\"warning\",\"msg\":\"device found\","
        "\"device\":\"rdmap16s27\"}\n");
}

TEST_CASE("for journald a line begins with sd-daemon's level and has no time") {
  const auto head = [](LogFormat format, LogLevel level) {
    return rendered("m", {}, {format, Destination::journal}, level);
  };
  CHECK(head(LogFormat::logfmt, LogLevel::debug) == "<7>level=debug msg=\"m\"\n");
  CHECK(head(LogFormat::logfmt, LogLevel::info) == "<6>level=info msg=\"m\"\n");
  CHECK(head(LogFormat::logfmt, LogLevel::warning) == "<4>level=warning msg=\"m\"\n");
  CHECK(head(LogFormat::json, LogLevel::error) == "<3>{\"level\":\"error\",\"msg\":\"m\"}\n");
}

TEST_CASE("milliseconds keep their leading zeros, before 1970 too") {
  std::string line;
  render_line({LogLevel::info,
               std::chrono::system_clock::time_point(std::chrono::milliseconds(7)),
               "m",
               {}},
              logfmt, line);
  CHECK(line == "ts=1970-01-01T00:00:00.007Z level=info msg=\"m\"\n");
  render_line({LogLevel::info,
               std::chrono::system_clock::time_point(std::chrono::milliseconds(-1)),
               "m",
               {}},
              logfmt, line);
  CHECK(line == "ts=1969-12-31T23:59:59.999Z level=info msg=\"m\"\n");
}

TEST_CASE("a logfmt value is quoted when it must be, and escaped within") {
  CHECK(logfmt_value("rdmap16s27") == "rdmap16s27");
  CHECK(logfmt_value("/sys/class") == "/sys/class");
  CHECK(logfmt_value("\xc3\xa9\xf0\x9f\x98\x80") == "\xc3\xa9\xf0\x9f\x98\x80");
  CHECK(logfmt_value("") == R"("")");
  CHECK(logfmt_value("two words") == R"("two words")");
  CHECK(logfmt_value("a=b") == R"("a=b")");
  CHECK(logfmt_value(R"(say "x")") == R"("say \"x\"")");
  CHECK(logfmt_value(R"(C:\x)") == R"("C:\\x")");
  CHECK(logfmt_value("a\nb\rc\td") == R"("a\nb\rc\td")");
  CHECK(logfmt_value(std::string("a\0b", 3)) == R"("a\u0000b")");
  CHECK(logfmt_value("\x1b[31m") == R"("\u001b[31m")");
  CHECK(logfmt_value("\x7f") == R"("\u007f")");
}

TEST_CASE("what a terminal or a reader would take for a command or a line's end is escaped") {
  CHECK(logfmt_value("\xc2\x9b"
                     "31m") == R"("\u009b31m")");
  CHECK(logfmt_value("a\xe2\x80\xa8"
                     "b") == R"("a\u2028b")");
}

TEST_CASE("malformed UTF-8 becomes U+FFFD, byte by byte, and what follows stays") {
  CHECK(logfmt_value("a\xff"
                     "b") == R"("a\ufffdb")");
  CHECK(logfmt_value("\xc3") == R"("\ufffd")");                                // cut short
  CHECK(logfmt_value("\xc3(") == R"("\ufffd(")");                              // no continuation
  CHECK(logfmt_value("\xc0\xaf") == R"("\ufffd\ufffd")");                      // overlong
  CHECK(logfmt_value("\xe0\x80\xaf") == R"("\ufffd\ufffd\ufffd")");            // overlong
  CHECK(logfmt_value("\xed\xa0\x80") == R"("\ufffd\ufffd\ufffd")");            // surrogate
  CHECK(logfmt_value("\xf4\x90\x80\x80") == R"("\ufffd\ufffd\ufffd\ufffd")");  // over U+10FFFF
}

TEST_CASE("a JSON line is one valid object and gives back what went in") {
  const std::string nasty = "quote \" backslash \\ newline \n tab \t zero \x01 e\xc3\xa9 = {}[],:";
  const std::string line = rendered(nasty, {{"key", nasty}, {"empty", ""}}, json);
  CHECK(line.find('\n') + 1 == line.size());
  auto parsed = test::parse_flat_json(line);
  REQUIRE(parsed);
  CHECK((*parsed)["msg"] == nasty);
  CHECK((*parsed)["key"] == nasty);
  CHECK((*parsed)["empty"].empty());
}

TEST_CASE("random bytes make one valid line of bounded length in both formats") {
  std::mt19937 random(2026);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each run
  std::uniform_int_distribution<int> byte(0, 255);
  std::uniform_int_distribution<std::size_t> length(0, 3000);
  for (int round = 0; round < 300; ++round) {
    std::string text(length(random), '\0');
    for (char& c : text) {
      c = static_cast<char>(byte(random));
    }
    const std::vector<Field> fields{{"first", text}, {"second", text}};
    const std::string line = rendered(text, fields, json);
    REQUIRE(line.size() <= max_line_bytes);
    REQUIRE(line.find('\n') + 1 == line.size());
    REQUIRE(test::parse_flat_json(line));
    const std::string plain = rendered(text, fields, logfmt);
    REQUIRE(plain.size() <= max_line_bytes);
    REQUIRE(plain.find('\n') == plain.size() - 1);
    REQUIRE(test::is_utf8(plain));
  }
}

TEST_CASE("a value that does not fit is cut with a mark and is the last one") {
  for (const std::size_t size : {4000U, 4020U, 4030U, 4050U, 4090U, 5000U, 100000U}) {
    const std::string line =
        rendered("m", {{"long", std::string(size, 'x')}, {"after", "y"}}, json);
    REQUIRE(line.size() <= max_line_bytes);
    auto parsed = test::parse_flat_json(line);
    REQUIRE(parsed);
    const std::string value = (*parsed)["long"];
    const bool is_cut = value.size() < size;
    CHECK(is_cut == (value.substr(value.size() - 4) == "x..."));
    CHECK_FALSE((is_cut && parsed->count("after") != 0));
    CHECK((size > 4000 || parsed->count("after") == 1));
    CHECK((size < 4050 || is_cut));
  }
}

}  // namespace efa::log
