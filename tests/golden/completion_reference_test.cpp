#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/health/check.h"
#include "config/instance_types.h"
#include "tests/golden/every_flag.h"
#include "tests/support/catch.h"
#include "tests/support/golden_file.h"

namespace {

using namespace efa;
using namespace efa::test;

constexpr std::string_view commands[] = {"serve", "once", "doctor", "config"};

bool takes_in_shell(std::string_view command, const FlagWords& flag) {
  return command == "config" ? takes("config check", flag) && takes("config print", flag)
                             : takes(command, flag);
}

bool is_common(const FlagWords& flag) {
  for (const std::string_view command : commands) {
    if (!takes_in_shell(command, flag)) {
      return false;
    }
  }
  return true;
}

bool is_file(const FlagWords& flag) {
  return (flag.placeholder == "FILE" || flag.placeholder == "PATH") &&
         flag.name != "--web.telemetry-path";
}

/// The words that may stand for a flag's value, if they are known.
std::string value_words(const FlagWords& flag) {
  std::string words;
  const auto add = [&](std::string_view word) {
    words.append(words.empty() ? "" : " ").append(word);
  };
  if (flag.name == "--" + std::string(simulate_flag.name)) {
    for (const InstanceType& type : instance_types()) {
      add(type.name);
    }
  } else if (flag.placeholder == only_flag.placeholder) {
    for (const Check& check : all_checks()) {
      add(check.code);
    }
  } else if (flag.placeholder.find('|') != std::string::npos) {
    words = flag.placeholder;
    for (char& c : words) {
      c = c == '|' ? ' ' : c;
    }
  }
  return words;
}

std::string bash_flags() {
  std::string text = "_efa_agent_flags() {\n  case $1 in\n";
  for (const std::string_view command : commands) {
    text.append("    ").append(command).append(") printf '%s\\n'");
    for (const FlagWords& flag : every_flag()) {
      if (takes_in_shell(command, flag)) {
        text.append(" ").append(flag.name).append(flag.placeholder.empty() ? "" : "=");
      }
    }
    text += " ;;\n";
  }
  return text + "  esac\n}\n";
}

std::string bash_values() {
  std::string text = "_efa_agent_value() {\n  case $1 in\n";
  for (const FlagWords& flag : every_flag()) {
    if (flag.placeholder.empty()) {
      continue;
    }
    const std::string words = value_words(flag);
    text.append("    ").append(flag.name).append(") ");
    text += is_file(flag)   ? "value=path"
            : words.empty() ? "value=any"
                            : "value=word words='" + words + "'";
    text += " ;;\n";
  }
  return text + "    *) return 1 ;;\n  esac\n}\n";
}

std::string zsh_spec(const FlagWords& flag) {
  std::string help;
  for (const char c : flag.help) {
    if (std::string_view("[]:\\").find(c) != std::string_view::npos) {
      help += '\\';
    }
    help += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  const bool repeats = takes("doctor", flag, 2) || takes("once", flag, 2);
  std::string spec = "'" + std::string(repeats ? "*" : "") + flag.name;
  if (flag.placeholder.empty()) {
    return spec + "[" + help + "]'";
  }
  const std::string words = value_words(flag);
  return spec + "=[" + help + "]:value:" +
         (is_file(flag)   ? "_files"
          : words.empty() ? " "
                          : "(" + words + ")") +
         "'";
}

std::string zsh_specs() {
  std::string text = "local -a flags\nflags=(\n";
  for (const FlagWords& flag : every_flag()) {
    if (is_common(flag)) {
      text += "  " + zsh_spec(flag) + "\n";
    }
  }
  text += ")\ncase $command in\n";
  for (const std::string_view command : commands) {
    std::string more;
    for (const FlagWords& flag : every_flag()) {
      if (!is_common(flag) && takes_in_shell(command, flag)) {
        more += "    " + zsh_spec(flag) + "\n";
      }
    }
    if (!more.empty()) {
      text.append("  ").append(command).append(")\n    flags+=(\n").append(more);
      text += "    )\n    ;;\n";
    }
  }
  return text + "esac\n";
}

}  // namespace

TEST_CASE("the completions know every flag that each command takes") {
  check_golden_part(EFA_SOURCE_DIR "/deploy/completion/efa-agent.bash", "flags",
                    bash_flags() + "\n" + bash_values());
  check_golden_part(EFA_SOURCE_DIR "/deploy/completion/_efa-agent", "flags", zsh_specs());
}

TEST_CASE("the completions know the commands of the help, no other, and every flag is of some") {
  std::set<std::string_view> known;
  for (const ProgramCommand& command : program_commands) {
    known.insert(command.name.substr(0, command.name.find(' ')));
  }
  CHECK(known == std::set<std::string_view>(std::begin(commands), std::end(commands)));
  for (const FlagWords& flag : every_flag()) {
    INFO(flag.name);
    CHECK((takes("serve", flag) || takes("once", flag) || takes("doctor", flag)));
  }
}
