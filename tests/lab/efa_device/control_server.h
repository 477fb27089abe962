#pragma once

#include <poll.h>

#include <string>
#include <vector>

#include "collectors/base/unique_fd.h"
#include "tests/lab/efa_device/control.h"
#include "tests/lab/efa_device/listener.h"
#include "tests/lab/efa_device/log.h"
#include "tests/lab/efa_device/wake_up.h"

namespace efa::lab {

/// The control protocol on a socket, for several clients at once.
///
/// Errors   a client whose line does not end, or one too many, is sent away
/// Threads  run() in one, stop() from any
class ControlServer {
 public:
  ControlServer(Control& control, const Log& log) : control_(control), log_(log) {}

  /// Serves clients of the listener until stop().
  void run(const Listener& listener);
  void stop() const { stop_.ring(); }

 private:
  struct Client {
    UniqueFd socket;
    std::string received;  // no whole line yet
    std::string answers;   // that it has not taken yet
  };

  /// stop(), the listener, then each client.
  [[nodiscard]] std::vector<pollfd> awaited(const Listener& listener) const;
  void admit(UniqueFd socket);
  /// Whether it stays.
  [[nodiscard]] bool serve(Client& client);
  [[nodiscard]] bool receive(Client& client);
  [[nodiscard]] static bool send(Client& client);

  Control& control_;
  const Log& log_;
  WakeUp stop_;
  std::vector<Client> clients_;
};

}  // namespace efa::lab
