#pragma once

#include <list>
#include <string>
#include <thread>
#include <vector>

#include "collectors/base/clock.h"
#include "tests/lab/efa_device/control.h"
#include "tests/lab/efa_device/control_server.h"
#include "tests/lab/efa_device/data_path/fabric.h"
#include "tests/lab/efa_device/listener.h"
#include "tests/lab/efa_device/log.h"
#include "tests/lab/efa_device/profile.h"
#include "tests/lab/efa_device/vfio_user/server.h"

namespace efa::lab {

/// Devices that share a fabric, and their control, behind sockets in a directory: efaN.sock for
/// each device, and ctl.sock.
///
/// Errors   the constructor throws what Listener throws
/// Threads  one for each device and one for control, from construction to destruction
class Lab {
 public:
  Lab(const std::string& directory, unsigned devices, const Profile& profile, const Clock& clock,
      const Log& log);
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;
  ~Lab();

 private:
  struct Seat {
    Seat(const std::string& directory, unsigned number, const Profile& profile, Fabric& fabric,
         const Clock& clock, const Log& log);

    vfio_user::Server server;
    Listener listener;
  };

  [[nodiscard]] std::list<Seat> make_seats(const std::string& directory, unsigned devices,
                                           const Profile& profile, const Clock& clock,
                                           const Log& log);
  [[nodiscard]] std::vector<Control::Target> targets();

  Fabric fabric_;
  std::list<Seat> seats_;
  Control control_;
  ControlServer control_server_;
  Listener control_listener_;
  std::vector<std::thread> threads_;
};

}  // namespace efa::lab
