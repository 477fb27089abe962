#include "agent/commands/config.h"

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "agent/web_security_module.h"
#include "config/load.h"

namespace efa {
namespace {

void print(const std::vector<ConfigError>& errors, std::ostream& stream) {
  for (const ConfigError& error : errors) {
    stream << error.to_string() << '\n';
  }
}

}  // namespace

int run_config_check(const CommandLine& command_line, std::ostream& output, std::ostream& errors) {
  const LoadedConfig loaded = config_in_force(command_line);
  std::vector<ConfigError> found = loaded.errors;
  const std::string& web = loaded.config.web.config_file;
  if (!web.empty()) {
    const auto of_web = load_web_security(web, [](LogLevel, std::string_view, std::string_view) {});
    found.insert(found.end(), of_web.errors.begin(), of_web.errors.end());
  }
  if (!found.empty()) {
    print(found, errors);
    return 1;
  }
  output << command_line.config_file << ": ok\n";
  return 0;
}

int run_config_print(const CommandLine& command_line, std::ostream& output, std::ostream& errors) {
  const LoadedConfig loaded = config_in_force(command_line);
  if (!loaded.errors.empty()) {
    print(loaded.errors, errors);
    return exit_usage;
  }
  output << print_config(loaded.config);
  return 0;
}

}  // namespace efa
