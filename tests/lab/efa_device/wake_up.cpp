#include "tests/lab/efa_device/wake_up.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace efa::lab {

WakeUp::WakeUp() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) {
    throw std::system_error(errno, std::generic_category(), "eventfd");
  }
}

void WakeUp::ring() const {
  const std::uint64_t one = 1;
  // Fails only when it rings loud enough already.
  [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
}

void WakeUp::clear() const {
  std::uint64_t rung = 0;
  [[maybe_unused]] const auto count = ::read(event_.get(), &rung, sizeof rung);
}

}  // namespace efa::lab
