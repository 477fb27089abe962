#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/config.h"
#include "config/load.h"
#include "config/options.h"

namespace efa {

/// How every command ends that was called wrongly, or has a wrong configuration.
inline constexpr int exit_usage = 2;

enum class Command : std::uint8_t { serve, once, doctor, config_check, config_print };

/// What the agent was called with.
struct CommandLine {
  /// A flag that sets an option: it beats the file.
  struct Setting {
    const Option* option = nullptr;
    std::vector<std::string> values;  // as given; one, unless the option is a list
  };

  /// How doctor was called.
  struct Doctor {
    std::optional<std::chrono::seconds> watch;  // nothing: judge totals since boot
    std::vector<std::string> only;              // codes of checks; empty: all
    std::vector<std::string> skip;
    bool strict = false;  // what is unknown counts as failed; only with `only`
    bool probe = false;   // by efa-probe
    bool json = false;
    bool all = false;  // also print what passed
  };

  Command command = Command::serve;
  std::string config_file = "/etc/efa-agent/efa-agent.yaml";
  bool config_file_given = false;
  std::optional<std::string> simulate;  // an instance type
  std::optional<std::string> output;    // of once; nothing: stdout
  Doctor doctor;
  std::vector<Setting> settings;
};

/// Why there is nothing to run: --help and --version (code 0, on stdout), or a mistake (code 2, on
/// stderr).
struct EarlyExit {
  int code = 0;
  std::string output;
  std::string error;
};

/// Reads the arguments, without the program's name. Flags may stand before and after the command.
/// Never throws for what they say; the values of settings are judged by apply_settings().
std::variant<CommandLine, EarlyExit> parse_command_line(const std::vector<std::string>& arguments);

/// Sets the options that have flags; what is wrong with them, and with what comes out.
std::vector<ConfigError> apply_settings(const CommandLine& command_line, Config& config);

/// The configuration in force: defaults, under the file, under the flags. All errors of both. The
/// default file may be missing, one that was given may not.
///
/// Cost     reads the file anew at each call, as SIGHUP wants it
LoadedConfig config_in_force(const CommandLine& command_line);

}  // namespace efa
