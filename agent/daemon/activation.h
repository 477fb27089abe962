#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "collectors/base/unique_fd.h"

namespace efa {

/// A socket that the service manager opened for this process.
struct PassedSocket {
  UniqueFd fd;
  std::string name;  // of FileDescriptorName= in systemd's unit, which by default is the unit's
};

/// What a process is told of its sockets; null: not set.
struct ActivationVariables {
  const char* pid = nullptr;    // LISTEN_PID: whom they are for
  const char* fds = nullptr;    // LISTEN_FDS: how many
  const char* names = nullptr;  // LISTEN_FDNAMES: with colons between them
};

/// The descriptor of the first one, as sd_listen_fds(3) has it.
inline constexpr int first_passed_descriptor = 3;

/// Takes the sockets that the service manager passed, in the protocol of sd_listen_fds(3), which is
/// as simple and as stable as that of Notifier. None if there is no service manager, or they are
/// for another process. No program that is started later inherits them, nor the variables.
///
/// Errors   throws std::runtime_error if the variables make no sense, or name what is not open
/// Threads  changes the environment: call it before the first thread is made, and once
std::vector<PassedSocket> take_passed_sockets();
/// The same of any variables for the process `self`, from the descriptor `first` on.
std::vector<PassedSocket> passed_sockets(const ActivationVariables& variables, pid_t self,
                                         int first = first_passed_descriptor);

}  // namespace efa
