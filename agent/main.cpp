#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include "agent/command_line.h"
#include "agent/commands/config.h"
#include "agent/commands/doctor.h"
#include "agent/commands/once.h"
#include "agent/commands/serve.h"
#include "agent/daemon/limits.h"

namespace {

int run(const efa::CommandLine& command_line) {
  switch (command_line.command) {
    case efa::Command::serve:
      return efa::run_serve(command_line);
    case efa::Command::once:
      return efa::run_once(command_line);
    case efa::Command::doctor:
      return efa::run_doctor(command_line);
    case efa::Command::config_check:
      return efa::run_config_check(command_line, std::cout, std::cerr);
    case efa::Command::config_print:
      return efa::run_config_print(command_line, std::cout, std::cerr);
  }
  return efa::exit_usage;
}

}  // namespace

// A scrape goes from agent/web.h (HTTP) to collectors/engine/reading_engine.h (which reads every
// device in time, by collectors/sysfs) to agent/exposition/exposition.h (text); agent/agent.h wires
// them.
int main(int argc, char** argv) {
  try {
    efa::fill_standard_descriptors();
    mallopt(M_ARENA_MAX, 2);  // threads that mostly wait need no heap each
    const auto parsed =
        efa::parse_command_line(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
    if (const auto* exit = std::get_if<efa::EarlyExit>(&parsed)) {
      std::fputs(exit->output.c_str(), stdout);
      std::fputs(exit->error.c_str(), stderr);
      return exit->code;
    }
    return run(std::get<efa::CommandLine>(parsed));
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "efa-agent: %s\n", failure.what());
    return EXIT_FAILURE;
  }
}
