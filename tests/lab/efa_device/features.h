#pragma once

#include <cstdint>

#include "tests/lab/efa_device/admin.h"
#include "tests/lab/efa_device/data_path/limits.h"
#include "tests/lab/efa_device/events.h"
#include "tests/lab/efa_device/profile.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

/// The address of a device in its fabric.
[[nodiscard]] Gid gid_of_device(unsigned number);

/// What the device tells of itself, and lets the driver set: GET_FEATURE and SET_FEATURE.
class Features {
 public:
  Features(const Profile& profile, unsigned number, Events& events);

  /// unsupported_opcode for a feature that it does not have.
  [[nodiscard]] AdminStatus get(Bytes request, MutableBytes response) const;
  [[nodiscard]] AdminStatus set(Bytes request);

 private:
  void tell_device(MutableBytes response) const;
  void tell_events(MutableBytes response) const;
  void tell_network(MutableBytes response) const;

  Profile profile_;
  unsigned number_;
  Events& events_;
};

}  // namespace efa::lab
