#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/lab/efa_device/control_command.h"
#include "tests/lab/efa_device/data_path/fabric.h"
#include "tests/lab/efa_device/device.h"

namespace efa::lab {

/// The control protocol: a line in, lines out, of which the last is "ok" or "error: ...".
///
/// Threads  answer() is safe to call concurrently
class Control {
 public:
  struct Target {
    Device* device;
    std::function<void()> look_again;  // called when something may be due earlier
  };

  Control(Fabric& fabric, std::vector<Target> targets);

  [[nodiscard]] std::string answer(std::string_view line);

 private:
  [[nodiscard]] std::string execute(const ControlCommand& command);

  Fabric& fabric_;
  std::vector<Target> targets_;
};

}  // namespace efa::lab
