#pragma once

#include "agent/command_line.h"

namespace efa {

/// The exporter: answers scrapes until SIGTERM or SIGINT, reads its configuration anew on SIGHUP,
/// and tells systemd how it is. It is ready when a first reading has been done, or half a second
/// has passed.
///
/// Errors   throws std::runtime_error if an address cannot be bound, or the simulation not be made
/// Returns 0 after a signal, 2 for a wrong configuration.
int run_serve(const CommandLine& command_line);

}  // namespace efa
