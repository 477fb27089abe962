#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace efa {

/// A flag that sets no option of the configuration.
struct ProgramFlag {
  std::string_view name;         // without --
  std::string_view placeholder;  // of its value; empty: takes none
  std::string_view help;
};

inline constexpr ProgramFlag config_file_flag{
    "config.file", "PATH",
    "Configuration file. Default: /etc/efa-agent/efa-agent.yaml, if there is one."};
inline constexpr ProgramFlag simulate_flag{"simulate", "TYPE",
                                           "Run over simulated devices, those of an instance type "
                                           "such as p5.48xlarge. Default: this host's devices."};
inline constexpr ProgramFlag output_flag{
    "output", "FILE",
    "With once: replace FILE in one step, and print nothing. Default: print to stdout."};
inline constexpr ProgramFlag help_flag{"help", "", "Print this text."};
inline constexpr ProgramFlag version_flag{"version", "", "Print version, revision and compiler."};

/// What --help prints.
std::string help_text();

/// What --version prints.
std::string version_text();

/// Every flag there is, with its dashes.
std::vector<std::string> all_flags();

}  // namespace efa
