#include "tests/daemon/flat_json.h"

#include <array>
#include <charconv>

#include <iconv.h>

#include "tests/support/catch.h"

namespace efa::test {
namespace {

// What is converted of `text` by the C library; nothing if it is malformed.
std::optional<std::string> converted(const char* to, const char* from, std::string_view text) {
  iconv_t converter = ::iconv_open(to, from);
  REQUIRE(converter != iconv_t(-1));  // NOLINT(performance-no-int-to-ptr): how iconv(3) fails
  std::string in(text);
  std::string out(4 * in.size() + 8, '\0');
  char* in_at = in.data();
  char* out_at = out.data();
  std::size_t in_left = in.size();
  std::size_t out_left = out.size();
  const bool good = ::iconv(converter, &in_at, &in_left, &out_at, &out_left) != std::size_t(-1);
  ::iconv_close(converter);
  out.resize(out.size() - out_left);
  return good && in_left == 0 ? std::optional(out) : std::nullopt;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  bool take(char wanted) {
    const bool found = !text_.empty() && text_.front() == wanted;
    text_.remove_prefix(found ? 1 : 0);
    return found;
  }

  std::optional<std::string> string() {
    std::string value;
    if (!take('"')) {
      return std::nullopt;
    }
    while (!take('"')) {
      if (text_.empty() || static_cast<unsigned char>(text_.front()) < 0x20) {
        return std::nullopt;
      }
      const auto character = take('\\') ? escape() : std::optional(next());
      if (!character) {
        return std::nullopt;
      }
      value += *character;
    }
    return value;
  }

  [[nodiscard]] bool at_end() const { return text_.empty(); }

 private:
  std::string next() {
    std::string first(1, text_.front());
    text_.remove_prefix(1);
    return first;
  }

  std::optional<std::string> escape() {
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (take('u')) {
      return numbered();
    }
    const auto at = text_.empty() ? std::string_view::npos : names.find(text_.front());
    if (at == std::string_view::npos) {
      return std::nullopt;
    }
    next();
    return std::string(1, meanings[at]);
  }

  std::optional<std::string> numbered() {
    unsigned unit = 0;
    if (text_.size() < 4) {
      return std::nullopt;
    }
    const char* end = text_.data() + 4;
    const auto [parsed_to, failure] = std::from_chars(text_.data(), end, unit, 16);
    if (failure != std::errc{} || parsed_to != end) {
      return std::nullopt;
    }
    text_.remove_prefix(4);
    const std::array<char, 2> big_endian = {static_cast<char>(unit >> 8U),
                                            static_cast<char>(unit & 0xffU)};
    return converted("UTF-8", "UTF-16BE", {big_endian.data(), big_endian.size()});
  }

  std::string_view text_;
};

}  // namespace

bool is_utf8(std::string_view text) { return converted("UTF-16BE", "UTF-8", text).has_value(); }

std::optional<std::map<std::string, std::string>> parse_flat_json(std::string_view text) {
  if (!is_utf8(text)) {
    return std::nullopt;
  }
  Parser parser(text);
  std::map<std::string, std::string> members;
  if (!parser.take('{')) {
    return std::nullopt;
  }
  do {
    const auto key = parser.string();
    const bool colon = parser.take(':');
    const auto value = parser.string();
    if (!key || !colon || !value || !members.emplace(*key, *value).second) {
      return std::nullopt;
    }
  } while (parser.take(','));
  const bool closed = parser.take('}');
  parser.take('\n');
  return closed && parser.at_end() ? std::optional(members) : std::nullopt;
}

TEST_CASE("the tests' reader of JSON is strict") {
  const auto parsed = parse_flat_json("{\"a\":\"\\u00e9\\n\\\"\",\"b\":\"\"}\n");
  REQUIRE(parsed);
  CHECK(parsed->at("a") == "\xc3\xa9\n\"");
  for (const char* bad : {"", "{", "{}x", R"({"a":"b"}x)", R"({"a":"b",})", R"({"a" "b"})",
                          R"({"a":"\x"})", R"({"a":"\u12"})", R"({"a":"\ud800"})", "{\"a\":\"\n\"}",
                          "{\"a\":\"\xff\"}", R"({"a":"b","a":"c"})", R"({"a":"b"}{"a":"b"})"}) {
    CHECK_FALSE(parse_flat_json(bad));
  }
}

}  // namespace efa::test
