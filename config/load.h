#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace efa {

/// One thing wrong with a configuration.
struct ConfigError {
  std::string file;
  int line = 0;         // from 1; 0: the file as a whole
  int column = 0;       // from 1, in bytes
  std::string message;  // key, what was found, what is allowed, what was probably meant

  bool operator==(const ConfigError&) const = default;
  /// "file:line:column: message".
  [[nodiscard]] std::string to_string() const;
};

struct LoadedConfig {
  Config config;                    // the defaults where the file says nothing, or nothing sound
  std::vector<ConfigError> errors;  // all of them, in the order of the file
};

/// Reads a configuration file, which is strict YAML: an unknown key, a wrong type, an impossible
/// value and a duplicate key are errors. An empty file is the defaults.
///
/// Source   a regular file of at most 1 MiB in UTF-8, one document
/// Errors   in the answer; a file that cannot be read is one, too. Never throws.
/// Cost     reads the whole file; for start-up and SIGHUP
LoadedConfig load_config(const std::string& path);
LoadedConfig parse_config(const std::string& text, const std::string& name);

/// The same rules for a configuration that was changed elsewhere, `origin` ("command line").
std::vector<ConfigError> check_config(const Config& config, const std::string& origin);

/// The configuration as YAML, every option with its value in force; parse_config() reads it back
/// equal.
std::string print_config(const Config& config);

}  // namespace efa
