#include "config/option_values.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <system_error>

#include "config/near_miss.h"
#include "config/quoting.h"

namespace efa {
namespace {

using std::chrono::milliseconds;
using Problems = std::vector<ValueProblem>;
using Objection = std::optional<std::string>;

constexpr std::string_view automatic = "auto";

std::string numbers(unsigned least, unsigned most) {
  return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

std::string allowed_by(const FlagOption& /*type*/) { return "true or false"; }
std::string allowed_by(const NumberOption& type) { return numbers(type.least, type.most); }
std::string allowed_by(const NumberOrAutoOption& type) {
  return std::string(automatic) + " or " + numbers(type.least, type.most);
}
std::string allowed_by(const DurationOption& type) {
  return "a duration from " + duration_text(type.least) + " to " + duration_text(type.most) +
         ", with its unit: ms, s or m";
}
std::string allowed_by(const ChoiceOption& type) {
  std::string result;
  for (const std::string_view word : type.words) {
    const std::string_view comma = word == type.words.back() ? " or " : ", ";
    result.append(result.empty() ? std::string_view{} : comma).append(word);
  }
  return result;
}
std::string allowed_by(const TextOption& type) { return std::string(type.rule.allowed); }
std::string allowed_by(const TextListOption& type) {
  return (type.may_be_empty ? "a list, or the empty list, of: " : "a list of: ") +
         std::string(type.item.allowed);
}
std::string allowed_by(const TextMapOption& type) {
  return "a map of names and texts, each name " + std::string(type.key.allowed);
}

std::optional<unsigned> number_between(unsigned least, unsigned most, std::string_view text) {
  const auto value = parse_whole_number(text);
  if (!value || *value < least || *value > most) {
    return {};
  }
  return static_cast<unsigned>(*value);
}

/// What a rule has against a text.
Objection object(const TextRule& rule, std::string_view text, const std::string& what = {}) {
  const std::string_view objection = rule.objection(text);
  if (objection.empty()) {
    return {};
  }
  return problem_message(what + shown(text) + ", " + std::string(objection), rule.allowed);
}

Problems whole_value(Objection objection) {
  return objection ? Problems{{"", *std::move(objection)}} : Problems{};
}

Problems unless(bool fine, const std::string& found, const auto& type) {
  return fine ? Problems{} : whole_value(problem_message(shown(found), allowed_by(type)));
}

Problems problems_of(const FlagOption& /*type*/, const Config& /*config*/) { return {}; }
Problems problems_of(const NumberOption& type, const Config& config) {
  const unsigned value = type.member.in(config);
  return unless(value >= type.least && value <= type.most, std::to_string(value), type);
}
Problems problems_of(const NumberOrAutoOption& type, const Config& config) {
  const unsigned value = type.member.in(config).value_or(type.least);
  return unless(value >= type.least && value <= type.most, std::to_string(value), type);
}
Problems problems_of(const DurationOption& type, const Config& config) {
  const milliseconds value = type.member.in(config);
  return unless(value >= type.least && value <= type.most, duration_text(value), type);
}
Problems problems_of(const ChoiceOption& type, const Config& config) {
  const std::size_t value = type.get(config);
  return unless(value < type.words.size(), std::to_string(value), type);
}
Problems problems_of(const TextOption& type, const Config& config) {
  return whole_value(object(type.rule, type.member.in(config)));
}
Problems problems_of(const TextListOption& type, const Config& config) {
  const std::vector<std::string>& list = type.member.in(config);
  if (list.empty() && !type.may_be_empty) {
    return whole_value(problem_message("an empty list", allowed_by(type)));
  }
  Problems problems;
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < list.size(); ++i) {
    Objection objection = object(type.item, list[i]);
    if (!objection && !seen.insert(list[i]).second) {
      objection = problem_message(shown(list[i]) + " again", "each one once");
    }
    if (objection) {
      problems.push_back({"[" + std::to_string(i) + "]", *std::move(objection)});
    }
  }
  return problems;
}
Problems problems_of(const TextMapOption& type, const Config& config) {
  Problems problems;
  for (const auto& [key, value] : type.member.in(config)) {
    Objection objection = object(type.key, key, "the name ");
    if (!objection) {
      objection = object(type.value, value);
    }
    if (objection) {
      problems.push_back({"." + key, *std::move(objection)});
    }
  }
  return problems;
}

Objection assign_to(const FlagOption& type, Config& config, std::string_view text) {
  if (text != "true" && text != "false") {
    const std::string words[] = {"true", "false"};
    return problem_message(shown(text), allowed_by(type), near_miss(text, words));
  }
  type.member.of(config) = text == "true";
  return {};
}
Objection assign_to(const NumberOption& type, Config& config, std::string_view text) {
  const auto value = number_between(type.least, type.most, text);
  if (!value) {
    return problem_message(shown(text), allowed_by(type));
  }
  type.member.of(config) = *value;
  return {};
}
Objection assign_to(const NumberOrAutoOption& type, Config& config, std::string_view text) {
  const auto value = number_between(type.least, type.most, text);
  if (!value && text != automatic) {
    const std::string words[] = {std::string(automatic)};
    return problem_message(shown(text), allowed_by(type), near_miss(text, words));
  }
  type.member.of(config) = value;
  return {};
}
Objection assign_to(const DurationOption& type, Config& config, std::string_view text) {
  const auto value = parse_duration(text);
  if (!value || *value < type.least || *value > type.most) {
    return problem_message(shown(text), allowed_by(type));
  }
  type.member.of(config) = *value;
  return {};
}
Objection assign_to(const ChoiceOption& type, Config& config, std::string_view text) {
  const auto word = std::find(type.words.begin(), type.words.end(), text);
  if (word == type.words.end()) {
    const std::vector<std::string> words(type.words.begin(), type.words.end());
    return problem_message(shown(text), allowed_by(type), near_miss(text, words));
  }
  type.set(config, static_cast<std::size_t>(word - type.words.begin()));
  return {};
}
Objection assign_to(const TextOption& type, Config& config, std::string_view text) {
  Objection objection = object(type.rule, text);
  if (!objection) {
    type.member.of(config) = text;
  }
  return objection;
}
Objection assign_to(const TextListOption& type, Config& /*config*/, std::string_view text) {
  return problem_message(shown(text), allowed_by(type));
}
Objection assign_to(const TextMapOption& type, Config& /*config*/, std::string_view text) {
  return problem_message(shown(text), allowed_by(type));
}

bool same(const auto& type, const Config& a, const Config& b) {
  return type.member.in(a) == type.member.in(b);
}
bool same(const ChoiceOption& type, const Config& a, const Config& b) {
  return type.get(a) == type.get(b);
}

void copy(const auto& type, const Config& from, Config& to) {
  type.member.of(to) = type.member.in(from);
}
void copy(const ChoiceOption& type, const Config& from, Config& to) {
  type.set(to, type.get(from));
}

}  // namespace

std::optional<std::int64_t> parse_whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool canonical =
      !text.empty() && text.front() != '-' && (text.front() != '0' || text.size() == 1);
  if (!canonical || rest != text.data() + text.size() || error != std::errc{}) {
    return {};
  }
  return value;
}

std::optional<milliseconds> parse_duration(std::string_view text) {
  constexpr std::int64_t largest_number = 1'000'000'000;
  const std::size_t unit_at = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_whole_number(text.substr(0, unit_at));
  const std::string_view unit = text.substr(unit_at);
  if (!number || *number > largest_number) {
    return {};
  }
  if (unit == "ms") {
    return milliseconds(*number);
  }
  if (unit == "s") {
    return std::chrono::seconds(*number);
  }
  return unit == "m" ? std::optional<milliseconds>(std::chrono::minutes(*number)) : std::nullopt;
}

std::string problem_message(std::string_view found, std::string_view allowed,
                            std::string_view meant) {
  std::string message = "found ";
  message.append(found).append("; allowed is ").append(allowed);
  if (!meant.empty()) {
    message.append("; did you mean ").append(meant).append("?");
  }
  return message;
}

std::string allowed_values(const Option& option) {
  return std::visit([](const auto& type) { return allowed_by(type); }, option.type);
}

std::vector<ValueProblem> value_problems(const Option& option, const Config& config) {
  return std::visit([&](const auto& type) { return problems_of(type, config); }, option.type);
}

std::optional<std::string> assign(const Option& option, Config& config, std::string_view text) {
  return std::visit([&](const auto& type) { return assign_to(type, config, text); }, option.type);
}

bool takes_one_value(const Option& option) {
  return !std::holds_alternative<TextListOption>(option.type) &&
         !std::holds_alternative<TextMapOption>(option.type);
}

bool same_value(const Option& option, const Config& a, const Config& b) {
  return std::visit([&](const auto& type) { return same(type, a, b); }, option.type);
}

void copy_value(const Option& option, const Config& from, Config& to) {
  std::visit([&](const auto& type) { copy(type, from, to); }, option.type);
}

}  // namespace efa
