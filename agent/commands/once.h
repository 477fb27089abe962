#pragma once

#include "agent/command_line.h"

namespace efa {

/// One scrape to stdout, or in place of a file for node_exporter's textfile collector. Without the
/// series that speak of a running agent: node_exporter has process_* of its own.
///
/// Returns 0 if everything was read, 1 if not (what was read is written) or if the file could not
/// be written (the old one stays), 2 for a wrong configuration.
int run_once(const CommandLine& command_line);

}  // namespace efa
