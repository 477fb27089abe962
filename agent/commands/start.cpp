#include "agent/commands/start.h"

#include <cstdio>

#include "agent/daemon/log.h"
#include "agent/simulation/host_layout.h"
#include "agent/web_security_module.h"

namespace efa {
std::optional<Config> configuration_or_complaint(const CommandLine& command_line) {
  LoadedConfig loaded = config_in_force(command_line);
  if (command_line.simulate) {
    if (const auto host = host_layout(*command_line.simulate); !host) {
      loaded.errors.push_back({"--simulate", 0, 0, host.error().message()});
    }
  }
  for (const ConfigError& error : loaded.errors) {
    std::fprintf(stderr, "%s\n", error.to_string().c_str());
  }
  if (!loaded.errors.empty()) {
    return std::nullopt;
  }
  log::configure(loaded.config.log.level, loaded.config.log.format, log::stderr_destination());
  return std::move(loaded.config);
}

std::unique_ptr<WebSecurity> web_security_or_complaint(const std::string& file) {
  MadeWebSecurity made = load_web_security(file, log_of_web_security);
  for (const ConfigError& error : made.errors) {
    std::fprintf(stderr, "%s\n", error.to_string().c_str());
  }
  return std::move(made.security);
}

}  // namespace efa
