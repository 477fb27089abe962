#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tests/lab/efa_device/profile.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

/// Regions of the device by the index that vfio-user gives them: BARs, then others.
constexpr std::uint32_t register_region = 0;
constexpr std::uint32_t llq_region = 2;
constexpr std::uint32_t doorbell_region = 4;
constexpr std::uint32_t config_region = 7;

/// Bytes; 0 for a region that the device does not have.
[[nodiscard]] std::uint64_t region_size(std::uint32_t region);

/// MSI-X vector 0 is the admin queue's and the events', each other one an event queue's.
constexpr unsigned interrupt_vectors = 9;
constexpr std::size_t config_size = 256;

/// The PCI configuration space. It says what BARs and the MSI-X table are like; QEMU keeps them.
class ConfigSpace {
 public:
  explicit ConfigSpace(const Profile& profile);

  void reset();
  /// Bytes behind the end read as 0, and are not written.
  void read(std::uint64_t offset, MutableBytes into) const;
  /// Takes the command register and MSI-X control; the rest is read only.
  void write(std::uint64_t offset, Bytes from);

 private:
  Profile profile_;
  std::array<std::uint8_t, config_size> bytes_{};
};

}  // namespace efa::lab
