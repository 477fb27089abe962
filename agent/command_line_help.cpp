#include "agent/command_line_help.h"

#include <cstddef>
#include <variant>

#include "agent/version.h"
#include "config/config.h"
#include "config/option_values.h"
#include "config/options.h"

namespace efa {
namespace {

constexpr std::string_view preamble =
    "efa-agent: a Prometheus exporter for Elastic Fabric Adapters\n"
    "\n"
    "Usage: efa-agent [COMMAND] [FLAG]...\n"
    "\n"
    "Commands:\n";

std::string help_of(const ProgramCommand& command) {
  constexpr std::size_t column = 23;
  std::string text = "  " + std::string(command.name);
  if (!command.argument.empty()) {
    text.append(" ").append(command.argument);
  }
  text.resize(column, ' ');
  return text.append(command.help).append("\n");
}

/// Words, broken into lines of 80 characters that begin with an indentation.
std::string indented(std::string_view text) {
  constexpr std::size_t widest = 80;
  const std::string indentation(8, ' ');
  std::string result;
  std::string line = indentation;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size() == text.size() ? word.size() : word.size() + 1);
    if (line.size() > indentation.size() && line.size() + word.size() > widest) {
      line.back() = '\n';
      result += line;
      line = indentation;
    }
    line.append(word).append(" ");
  }
  line.back() = '\n';
  return result + line;
}

std::string help_of(const ProgramFlag& flag) {
  std::string name = "  --" + std::string(flag.name);
  if (!flag.placeholder.empty()) {
    name.append("=").append(flag.placeholder);
  }
  return name + "\n" + indented(flag.help);
}

std::string help_of(const Option& option) {
  const std::string flag(option.flag);
  const std::string words = std::string(option.help) + " ";
  const std::string initial = "Default: " + yaml_value(option, Config{}) + ".";
  if (std::holds_alternative<FlagOption>(option.type)) {
    return "  --" + flag + ", --no-" + flag + "\n" + indented(words + initial);
  }
  const bool repeatable = !takes_one_value(option);
  return "  --" + flag + "=" + placeholder(option) + "\n" +
         indented(words + (repeatable ? "Repeat it for more. " : "") + initial);
}

std::string_view section_of(const Option& option) {
  return option.path.substr(0, option.path.find('.'));
}

std::string_view title_of(std::string_view section) {
  if (section == "web") {
    return "HTTP server";
  }
  if (section == "path") {
    return "Where the kernel is read";
  }
  if (section == "collectors") {
    return "What is measured";
  }
  return section == "log" ? "Log" : section;
}

}  // namespace

std::string placeholder(const Option& option) {
  if (std::holds_alternative<NumberOption>(option.type)) {
    return "NUMBER";
  }
  if (std::holds_alternative<DurationOption>(option.type)) {
    return "DURATION";
  }
  if (const auto* text = std::get_if<TextOption>(&option.type)) {
    return std::string(text->rule.placeholder);
  }
  if (const auto* list = std::get_if<TextListOption>(&option.type)) {
    return std::string(list->item.placeholder);
  }
  std::string words;
  if (const auto* choice = std::get_if<ChoiceOption>(&option.type)) {
    for (const std::string_view word : choice->words) {
      words.append(words.empty() ? "" : "|").append(word);
    }
  }
  return words;
}

std::string help_text() {
  std::string text(preamble);
  for (const ProgramCommand& command : program_commands) {
    text += help_of(command);
  }
  text.append("\nGeneral:\n");
  for (const ProgramFlag& flag : program_flags) {
    text += help_of(flag);
  }
  std::string_view section;
  for (const Option& option : options()) {
    if (option.flag.empty()) {
      continue;
    }
    if (section_of(option) != section) {
      section = section_of(option);
      text.append("\n").append(title_of(section)).append(":\n");
    }
    text += help_of(option);
  }
  return text +
         "\nA flag beats the file, which has more options: see `efa-agent config print`.\n"
         "Exit codes: 0 fine; 1 something failed; 2 wrong usage or configuration.\n";
}

std::string version_text() {
  std::string text = "efa-agent ";
  text.append(version()).append(" (revision ").append(revision());
  return text.append(", ").append(compiler()).append(")\n");
}

std::vector<std::string> all_flags() {
  std::vector<std::string> flags;
  flags.reserve(program_flags.size() + 2 * options().size());
  for (const ProgramFlag& flag : program_flags) {
    flags.push_back("--" + std::string(flag.name));
  }
  for (const Option& option : options()) {
    if (!option.flag.empty()) {
      flags.push_back("--" + std::string(option.flag));
    }
    if (!option.flag.empty() && std::holds_alternative<FlagOption>(option.type)) {
      flags.push_back("--no-" + std::string(option.flag));
    }
  }
  return flags;
}

}  // namespace efa
