#pragma once

#include <cstdint>

namespace efa {

/// Raises the soft limit on open files as far as the hard one allows, which needs no privilege.
///
/// Errors   a limit that cannot be raised stays as it is
/// Threads  the limit is the process's; call it at the start
/// Returns the limit in force.
std::uint64_t raise_open_file_limit();

/// Connects whichever of stdin, stdout and stderr is closed to /dev/null, so that no file or socket
/// opened later is given its number and then the log.
///
/// Threads  call it before anything else is opened
void fill_standard_descriptors();

}  // namespace efa
