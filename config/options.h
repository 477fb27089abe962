#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "config/config.h"
#include "config/text_rules.h"

namespace efa {

/// Whether a running agent takes a new value on SIGHUP.
enum class Change : std::uint8_t { at_once, needs_restart };

/// Where an option lives in Config.
template <typename T>
struct Member {
  T& (*of)(Config& config);
  const T& (*in)(const Config& config);
};

// The types an option may have. Each binds a member and says which of its values are allowed.
struct FlagOption {
  Member<bool> member;
};
struct NumberOption {
  Member<unsigned> member;
  unsigned least;
  unsigned most;
};
struct NumberOrAutoOption {
  Member<std::optional<unsigned>> member;
  unsigned least;
  unsigned most;
};
struct DurationOption {
  Member<std::chrono::milliseconds> member;
  std::chrono::milliseconds least;
  std::chrono::milliseconds most;
};
struct ChoiceOption {
  std::size_t (*get)(const Config& config);
  void (*set)(Config& config, std::size_t choice);
  std::span<const std::string_view> words;  // in the order of the enumerators
};
struct TextOption {
  Member<std::string> member;
  const TextRule& rule;
};
struct TextListOption {
  Member<std::vector<std::string>> member;
  const TextRule& item;
  bool may_be_empty;
};
struct TextMapOption {
  Member<std::map<std::string, std::string>> member;
  const TextRule& key;
  const TextRule& value;
};
using OptionType = std::variant<FlagOption, NumberOption, NumberOrAutoOption, DurationOption,
                                ChoiceOption, TextOption, TextListOption, TextMapOption>;

/// One thing an operator may set.
struct Option {
  std::string_view path;  // of its key in the file, and of its member in Config
  Change change;
  std::string_view flag;  // without --, empty for none; a FlagOption has --no-<flag>, too
  OptionType type;
  std::string_view help;  // a sentence or two
};

/// Every option, in the order in which they are printed. A new one is a line here and a member.
std::span<const Option> options();

/// The option at a path; null if there is none.
const Option* find_option(std::string_view path);

}  // namespace efa
