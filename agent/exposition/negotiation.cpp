#include "agent/exposition/negotiation.h"

#include <algorithm>
#include <optional>

#include "agent/exposition/http_message.h"
#include "collectors/base/number.h"

namespace efa {
namespace {

constexpr int full_weight = 1000;

// Takes the text before the next `separator` that stands outside a quoted string off `rest`.
std::string_view take_until(std::string_view& rest, char separator) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < rest.size(); ++end) {
    const char c = rest[end];
    if (c == '"') {
      quoted = !quoted;
    } else if (quoted && c == '\\') {
      ++end;
    } else if (!quoted && c == separator) {
      break;
    }
  }
  end = std::min(end, rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trimmed(taken);
}

// RFC 9110, 12.4.2: 0 to 1 with at most three decimals; more are tolerated and dropped.
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1') || (text.size() > 1 && text[1] != '.')) {
    return std::nullopt;
  }
  int weight = (text[0] - '0') * full_weight;
  int unit = full_weight / 10;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') {
      return std::nullopt;
    }
    weight += (digit - '0') * unit;
    unit /= 10;
  }
  return weight <= full_weight ? std::optional(weight) : std::nullopt;
}

// One element of Accept or Accept-Encoding.
struct Choice {
  std::string_view name;     // text/plain, gzip, *
  std::string_view version;  // the parameter of that name; empty if absent
  int weight = full_weight;
};

std::optional<Choice> parse_choice(std::string_view element) {
  Choice choice;
  choice.name = take_until(element, ';');
  while (!element.empty()) {
    std::string_view value = take_until(element, ';');
    const std::string_view key = take_until(value, '=');
    value = trimmed(value);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    if (same_word(key, "version")) {
      choice.version = value;
    } else if (same_word(key, "q")) {
      const auto weight = parse_weight(value);
      if (!weight) {
        return std::nullopt;
      }
      choice.weight = *weight;
    }
  }
  return choice.name.empty() ? std::nullopt : std::optional(choice);
}

template <typename Visit>
void for_each_choice(std::string_view header, Visit visit) {
  while (!header.empty()) {
    if (const auto choice = parse_choice(take_until(header, ','))) {
      visit(*choice);
    }
  }
}

// The weight of a format, from the most specific range that names it.
struct Preference {
  int specificity = 0;
  int weight = 0;
  int position = 0;

  void consider(int new_specificity, int new_weight, int new_position) {
    if (new_specificity > specificity || (new_specificity == specificity && new_weight > weight)) {
      *this = {new_specificity, new_weight, new_position};
    }
  }
};

bool speaks_openmetrics(const Choice& choice) {
  return same_word(choice.name, "application/openmetrics-text") &&
         (choice.version.empty() || choice.version == "1.0.0" || choice.version == "0.0.1");
}

// 3: named; 2: its type; 1: anything; 0: something else.
int specificity_for_text(const Choice& choice) {
  if (same_word(choice.name, "text/plain")) {
    return choice.version.empty() || choice.version == "0.0.4" ? 3 : 0;
  }
  if (same_word(choice.name, "text/*")) {
    return 2;
  }
  return choice.name == "*/*" ? 1 : 0;
}

}  // namespace

TextFormat choose_format(std::string_view accept) {
  Preference openmetrics;
  Preference text;
  int position = 0;
  for_each_choice(accept, [&](const Choice& choice) {
    ++position;
    if (speaks_openmetrics(choice)) {
      openmetrics.consider(3, choice.weight, position);
    } else if (const int specificity = specificity_for_text(choice); specificity > 0) {
      text.consider(specificity, choice.weight, position);
    }
  });
  if (openmetrics.weight == 0 || openmetrics.weight < text.weight) {
    return TextFormat::prometheus;
  }
  const bool text_came_first = openmetrics.weight == text.weight && text.specificity == 3 &&
                               text.position < openmetrics.position;
  return text_came_first ? TextFormat::prometheus : TextFormat::openmetrics;
}

std::string_view content_type_of(TextFormat format) {
  return format == TextFormat::openmetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

bool accepts_gzip(std::string_view accept_encoding) {
  Preference gzip;
  for_each_choice(accept_encoding, [&gzip](const Choice& choice) {
    if (same_word(choice.name, "gzip") || same_word(choice.name, "x-gzip")) {
      gzip.consider(2, choice.weight, 0);
    } else if (choice.name == "*") {
      gzip.consider(1, choice.weight, 0);
    }
  });
  return gzip.weight > 0;
}

}  // namespace efa
