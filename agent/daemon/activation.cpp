#include "agent/daemon/activation.h"

#include <fcntl.h>
#include <unistd.h>

#include <climits>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "collectors/base/number.h"

namespace efa {
namespace {

std::uint64_t number_of(const char* variable, const char* value) {
  if (const auto number = parse_u64(value)) {
    return *number;
  }
  throw std::runtime_error(std::string(variable) + " of the environment is no number: \"" + value +
                           '"');
}

// Cuts the first name off; empty if there is none left.
std::string next_name(std::string_view& names) {
  const auto end = names.find(':');
  std::string name(names.substr(0, end));
  names.remove_prefix(end == std::string_view::npos ? names.size() : end + 1);
  return name;
}

}  // namespace

std::vector<PassedSocket> take_passed_sockets() {
  const ActivationVariables variables{std::getenv("LISTEN_PID"), std::getenv("LISTEN_FDS"),
                                      std::getenv("LISTEN_FDNAMES")};
  auto sockets = passed_sockets(variables, ::getpid());
  for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    ::unsetenv(variable);
  }
  return sockets;
}

std::vector<PassedSocket> passed_sockets(const ActivationVariables& variables, pid_t self,
                                         int first) {
  std::vector<PassedSocket> sockets;
  if (variables.pid == nullptr || variables.fds == nullptr ||
      number_of("LISTEN_PID", variables.pid) != static_cast<std::uint64_t>(self)) {
    return sockets;
  }
  const std::uint64_t count = number_of("LISTEN_FDS", variables.fds);
  std::string_view names = variables.names == nullptr ? "" : variables.names;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto number = static_cast<std::uint64_t>(first) + i;
    const int fd = number > INT_MAX ? -1 : static_cast<int>(number);
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
      throw std::runtime_error("LISTEN_FDS of the environment is " + std::string(variables.fds) +
                               ", but descriptor " + std::to_string(number) + " is not open");
    }
    sockets.push_back({UniqueFd(fd), next_name(names)});
  }
  return sockets;
}

}  // namespace efa
