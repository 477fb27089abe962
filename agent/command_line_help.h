#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "config/options.h"

namespace efa {

/// What the agent can be told to do.
struct ProgramCommand {
  std::string_view name;
  std::string_view argument;  // empty: takes none
  std::string_view help;
};

inline constexpr std::array program_commands{
    ProgramCommand{"serve", "", "Answer scrapes over HTTP until told to stop. The default."},
    ProgramCommand{"once", "", "Make one scrape: print it, or write it to a file."},
    ProgramCommand{"doctor", "", "Look at this host and say what is wrong with it."},
    ProgramCommand{"config check", "[FILE]",
                   "Say everything that is wrong with a configuration file."},
    ProgramCommand{"config print", "", "Print the configuration in force, with every default."}};

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
inline constexpr ProgramFlag watch_flag{
    "watch", "SECONDS",
    "With doctor: judge counters by their growth in so many seconds, from 1 to 600. Default: by "
    "their totals since boot."};
inline constexpr ProgramFlag only_flag{
    "only", "CODE", "With doctor: only the check of that code. May stand more than once."};
inline constexpr ProgramFlag skip_flag{
    "skip", "CODE", "With doctor: not the check of that code. May stand more than once."};
inline constexpr ProgramFlag strict_flag{
    "strict", "",
    "With doctor and --only: what comes to UNKNOWN counts as failed, for the gate before a job."};
inline constexpr ProgramFlag probe_flag{
    "probe", "",
    "With doctor: also make a queue pair on each EFA, as a job does, by the program efa-probe."};
inline constexpr ProgramFlag json_flag{"json", "", "With doctor: print JSON, for programs."};
inline constexpr ProgramFlag all_checks_flag{"all", "",
                                             "With doctor: also print what is as it should be."};
inline constexpr ProgramFlag help_flag{"help", "", "Print this text."};
inline constexpr ProgramFlag version_flag{"version", "", "Print version, revision and compiler."};

/// Those that set no option, in the order of the help.
inline constexpr std::array program_flags{
    config_file_flag, simulate_flag, output_flag, watch_flag,      only_flag, skip_flag,
    strict_flag,      probe_flag,    json_flag,   all_checks_flag, help_flag, version_flag};

/// What stands for the value of an option's flag; the words themselves, with | between them, if
/// only those are allowed.
std::string placeholder(const Option& option);

/// What --help prints.
std::string help_text();

/// What --version prints.
std::string version_text();

/// Every flag there is, with its dashes.
std::vector<std::string> all_flags();

}  // namespace efa
