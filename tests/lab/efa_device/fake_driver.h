#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tests/lab/efa_device/admin.h"
#include "tests/lab/efa_device/device.h"
#include "tests/lab/efa_device/fake_bus.h"
#include "tests/lab/efa_device/log.h"
#include "tests/lab/efa_device/profile.h"
#include "tests/lab/efa_device/registers.h"
#include "tests/support/fake_clock.h"

namespace efa::lab::test {

/// An entry of a ring that the device fills.
using Entry = std::vector<std::uint8_t>;

inline std::uint16_t command_of(const Entry& answer) { return load<std::uint16_t>(answer) & 0xfff; }
inline AdminStatus status_of(const Entry& answer) { return load<AdminStatus>(answer, 2); }
/// A number in what follows the common part of an answer.
template <class T>
T data_of(const Entry& answer, std::size_t offset) {
  return load<T>(answer, 8 + offset);
}

/// What the driver does with a device, as far as tests need it.
class FakeDriver {
 public:
  static constexpr std::uint32_t depth = 4;

  FakeDriver(Device& device, FakeBus& bus, std::uint32_t request_size = 64)
      : device_(&device), bus_(&bus), request_size_(request_size) {}

  void write(Register which, std::uint32_t value);
  /// 0xffffffff without an answer.
  [[nodiscard]] std::uint32_t read(std::uint32_t offset);
  void set_up();

  /// Puts a request into the ring without telling the device; its number.
  std::uint16_t post(std::uint8_t op, std::span<const std::uint8_t> payload);
  void ring_doorbell() { write(Register::aq_doorbell, posted_); }
  /// What has been answered since it was asked last.
  [[nodiscard]] std::vector<Entry> answers();
  [[nodiscard]] std::vector<Entry> events();
  /// All of it for a command that is answered at once.
  Entry command(AdminOp op, const std::vector<std::uint8_t>& payload = {});
  Entry get_feature(std::uint8_t feature);
  Entry set_feature(std::uint8_t feature, std::uint32_t value);
  Entry get_stats(std::uint8_t type);

 private:
  [[nodiscard]] std::vector<Entry> take(std::uint64_t base, std::size_t phase_at,
                                        std::uint32_t& count);

  Device* device_;
  FakeBus* bus_;
  std::uint32_t request_size_;
  std::uint16_t posted_ = 0;
  std::uint16_t reads_ = 0;
  std::uint32_t answered_ = 0;
  std::uint32_t happened_ = 0;
};

/// A device that is plugged into a machine with a driver.
struct Bench {
  explicit Bench(const Profile& profile = {}, unsigned number = 0, std::uint32_t request_size = 64)
      : device(profile, number, fabric, bus, clock, log), driver(device, bus, request_size) {}

  efa::test::ManualClock clock;
  Log log{0};
  Fabric fabric;
  FakeBus bus;
  Device device;
  FakeDriver driver;
};

}  // namespace efa::lab::test
