#include "agent/commands/once.h"

#include <cstdio>
#include <string>

#include "agent/agent.h"
#include "agent/atomic_file.h"
#include "agent/commands/start.h"
#include "agent/daemon/limits.h"
#include "agent/daemon/log.h"
#include "collectors/hw_counters.h"

namespace efa {
namespace {

bool write_to_stdout(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

}  // namespace

int run_once(const CommandLine& command_line) {
  const auto config = configuration_or_complaint(command_line);
  if (!config) {
    return exit_usage;
  }
  Agent agent(*config, command_line.simulate, raise_open_file_limit(), Agent::Purpose::once);
  std::string text;
  const auto reading = agent.scrape(text, TextFormat::prometheus);
  if (command_line.output) {
    if (const auto written = replace_file(*command_line.output, text); !written) {
      log::error("output cannot be written", {{"error", written.error().message()}});
      return 1;
    }
  } else if (!write_to_stdout(text)) {
    log::error("stdout cannot be written");
    return 1;
  }
  return all_read(*reading) ? 0 : 1;
}

}  // namespace efa
