#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/command_line.h"
#include "agent/command_line_help.h"
#include "config/option_values.h"

namespace efa::test {

/// A flag as the command line takes it, for pages and completions that are made from the tables.
struct FlagWords {
  std::string name;         // with its dashes
  std::string placeholder;  // empty: takes no value
  std::string help;
  std::string initial;  // the option's default; empty for a flag that sets no option
  bool negation = false;
};

inline std::vector<FlagWords> every_flag() {
  std::vector<FlagWords> flags;
  flags.reserve(program_flags.size() + 2 * options().size());
  for (const ProgramFlag& flag : program_flags) {
    flags.push_back({"--" + std::string(flag.name), std::string(flag.placeholder),
                     std::string(flag.help), "", false});
  }
  for (const Option& option : options()) {
    if (option.flag.empty()) {
      continue;
    }
    const std::string initial = yaml_value(option, Config{});
    const std::string help(option.help);
    const std::string name(option.flag);
    flags.push_back({"--" + name, placeholder(option), help, initial, false});
    if (std::holds_alternative<FlagOption>(option.type)) {
      flags.push_back({"--no-" + name, "", "Without: " + help, initial, true});
    }
  }
  return flags;
}

/// Whether the parser takes a flag, so many times, with a command ("" for none).
inline bool takes(std::string_view command, const FlagWords& flag, int times = 1) {
  std::vector<std::string> arguments;
  if (const std::size_t space = command.find(' '); space != std::string_view::npos) {
    arguments.emplace_back(command.substr(0, space));
    command.remove_prefix(space + 1);
  }
  if (!command.empty()) {
    arguments.emplace_back(command);
  }
  for (int i = 0; i < times; ++i) {
    arguments.push_back(flag.placeholder.empty() ? flag.name : flag.name + "=1");
  }
  const auto parsed = parse_command_line(arguments);
  const auto* exit = std::get_if<EarlyExit>(&parsed);
  return exit == nullptr || exit->code == 0;
}

}  // namespace efa::test
