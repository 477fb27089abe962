#include "agent/commands/config.h"

#include <ostream>

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
  if (!loaded.errors.empty()) {
    print(loaded.errors, errors);
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
