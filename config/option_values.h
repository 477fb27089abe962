#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/options.h"

namespace efa {

/// What an option's value may be, as words that complete "allowed is ...".
std::string allowed_values(const Option& option);

/// What is wrong with the value of an option.
struct ValueProblem {
  std::string item;     // which one of a list ("[0]") or of a map (".rack"); empty: the value
  std::string message;  // what was found, what is allowed, what was probably meant
};

/// Everything that is wrong with the value that `config` has.
std::vector<ValueProblem> value_problems(const Option& option, const Config& config);

/// Gives an option of a single value the one that `text` says, or says what is wrong with it;
/// then the configuration stays as it is. Lists and maps take no text.
std::optional<std::string> assign(const Option& option, Config& config, std::string_view text);

/// Whether an option takes one value, and not a list or a map.
bool takes_one_value(const Option& option);

bool same_value(const Option& option, const Config& a, const Config& b);
void copy_value(const Option& option, const Config& from, Config& to);

/// The value as YAML on one line.
std::string yaml_value(const Option& option, const Config& config);

/// Decimal digits and nothing else: what looks octal, hexadecimal, signed or fractional is not
/// taken.
std::optional<std::int64_t> parse_whole_number(std::string_view text);

/// A whole number and its unit: ms, s or m.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// "found X; allowed is Y", and "; did you mean Z?" if something was.
std::string problem_message(std::string_view found, std::string_view allowed,
                            std::string_view meant = {});

}  // namespace efa
