#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/lab/efa_device/device.h"
#include "tests/lab/efa_device/vfio_user/guest.h"
#include "tests/lab/efa_device/vfio_user/message.h"

namespace efa::lab::vfio_user {

/// What becomes of a client's message.
struct Outcome {
  std::string refusal;              // not empty: it is nonsense, and its sender has to go
  std::vector<std::uint8_t> reply;  // empty: there is none
  int descriptor = -1;              // goes with the reply; not owned
};

/// Does to a device and its guest what a client asks for.
///
/// Threads  none of its own; callers hold the fabric's lock
class Commands {
 public:
  Commands(Device& device, Guest& guest) : device_(device), guest_(guest) {}

  [[nodiscard]] Outcome execute(Message& request);

 private:
  /// A reply that is not encoded yet.
  struct Answer {
    std::string refusal;
    int errno_value = 0;
    std::vector<std::uint8_t> body;
    int descriptor = -1;

    /// Empty: none.
    static Answer nonsense(std::string why) { return {std::move(why), 0, {}, -1}; }
    /// 0: none.
    static Answer failure(int errno_value) { return {{}, errno_value, {}, -1}; }
    static Answer with(std::vector<std::uint8_t> body) { return {{}, 0, std::move(body), -1}; }
  };

  [[nodiscard]] Answer answer(Message& request);
  [[nodiscard]] static Answer version(Bytes body);
  [[nodiscard]] Answer map(const Message& request);
  [[nodiscard]] Answer unmap(Bytes body);
  [[nodiscard]] Answer region_info(Bytes body) const;
  [[nodiscard]] static Answer irq_info(Bytes body);
  [[nodiscard]] Answer set_irqs(Message& request);
  [[nodiscard]] Answer read(Bytes body) const;
  [[nodiscard]] Answer write(Bytes body);

  Device& device_;
  Guest& guest_;
};

}  // namespace efa::lab::vfio_user
