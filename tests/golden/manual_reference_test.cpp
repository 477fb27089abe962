#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/golden/every_flag.h"
#include "tests/support/catch.h"
#include "tests/support/golden_file.h"

namespace {

using namespace efa;
using namespace efa::test;

/// Text as man(7) wants it.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '\\':
        result += "\\e";
        break;
      case '-':
        result += "\\-";
        break;
      case '\'':
        result += "\\(aq";
        break;
      case '~':
        result += "\\(ti";
        break;
      case '^':
        result += "\\(ha";
        break;
      case '`':
        result += "\\(ga";
        break;
      default:
        result += c;
    }
  }
  return result.starts_with('.') ? "\\&" + result : result;
}

std::string bold(std::string_view text) { return "\\fB" + escaped(text) + "\\fR"; }

std::string commands() {
  std::string text;
  for (const ProgramCommand& command : program_commands) {
    text += ".TP\n" + bold(command.name);
    if (!command.argument.empty()) {
      text += " [\\fIFILE\\fR]";
      CHECK(command.argument == "[FILE]");
    }
    text += "\n" + escaped(command.help) + "\n";
  }
  return text;
}

std::string value_of(const FlagWords& flag) {
  const bool words = flag.placeholder.find('|') != std::string::npos;
  return flag.placeholder.empty() ? ""
                                  : "=" + (words ? escaped(flag.placeholder)
                                                 : "\\fI" + escaped(flag.placeholder) + "\\fR");
}

std::string flags() {
  std::string text;
  const std::vector<FlagWords> all = every_flag();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const FlagWords& flag = all[i];
    text += ".TP\n" + bold(flag.name) + value_of(flag);
    if (i + 1 < all.size() && all[i + 1].negation) {
      ++i;
      text += ", " + bold(all[i].name);
    }
    text += "\n" + escaped(flag.help);
    text += flag.initial.empty() ? "\n" : "\nDefault: " + escaped(flag.initial) + ".\n";
  }
  return text;
}

/// What the annotated file says before each key, a paragraph a text; tests/config holds the first
/// to the table of options.
std::map<std::string, std::vector<std::string>> remarks() {
  std::ifstream file(EFA_SOURCE_DIR "/config/efa-agent.yaml");
  REQUIRE(file);
  std::map<std::string, std::vector<std::string>> result;
  std::vector<std::string> paragraphs{""};
  std::string section;
  for (std::string line; std::getline(file, line);) {
    const std::size_t start = line.find_first_not_of(' ');
    if (start == std::string::npos) {
      paragraphs = {""};
    } else if (line.substr(start) == "#") {
      paragraphs.emplace_back();
    } else if (line[start] == '#') {
      paragraphs.back().append(paragraphs.back().empty() ? "" : " ").append(line.substr(start + 2));
    } else {
      const std::string key = line.substr(start, line.find(':') - start);
      section = start == 0 ? key : section;
      std::string path = start == 0 ? "" : section + ".";
      result[path.append(key)] = std::exchange(paragraphs, std::vector<std::string>{""});
    }
  }
  return result;
}

std::string keys() {
  std::map<std::string, std::vector<std::string>> said = remarks();
  std::string text;
  std::string section;
  for (const Option& option : options()) {
    const std::string path(option.path);
    const std::size_t dot = path.find('.');
    if (path.substr(0, dot) != section) {
      section = path.substr(0, dot);
      text += ".SS " + section + "\n";
      if (dot != std::string::npos && !said[section].front().empty()) {
        text += escaped(said[section].front()) + "\n";
      }
    }
    text += ".TP\n" + bold(path) + "\n" + escaped(option.help) + "\n.br\n";
    text += "Allowed: " + escaped(allowed_values(option)) + ".\n.br\n";
    text += "Default: " + escaped(yaml_value(option, Config{})) + ".\n.br\n";
    text += option.change == Change::at_once ? "Changes at once, on SIGHUP.\n"
                                             : "Changes with a restart only.\n";
    if (!option.flag.empty()) {
      text += ".br\nFlag: " + bold("--" + std::string(option.flag)) + ".\n";
    }
    for (std::size_t i = 1; i < said[path].size(); ++i) {
      text += ".IP\n" + escaped(said[path][i]) + "\n";
    }
  }
  return text;
}

}  // namespace

TEST_CASE("the manual of the agent tells every command and every flag") {
  const std::string path = EFA_SOURCE_DIR "/deploy/man/efa-agent.1";
  check_golden_part(path, "commands", commands());
  check_golden_part(path, "flags", flags());
}

TEST_CASE("the manual of the configuration tells every option") {
  check_golden_part(EFA_SOURCE_DIR "/deploy/man/efa-agent.yaml.5", "options", keys());
}
