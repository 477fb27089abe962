#include "tests/lab/efa_device/pci.h"

#include <array>
#include <limits>
#include <vector>

#include "tests/lab/efa_device/data_path/limits.h"
#include "tests/support/catch.h"

namespace efa::lab {
namespace {

template <class T>
T config_at(const ConfigSpace& config, std::uint64_t offset) {
  std::array<std::uint8_t, sizeof(T)> bytes{};
  config.read(offset, bytes);
  return load<T>(bytes);
}

TEST_CASE("the configuration space names device, BARs and MSI-X") {
  Profile profile;
  profile.generation = 3;
  const ConfigSpace config(profile);
  CHECK(config_at<std::uint32_t>(config, 0x00) == 0xefa31d0f);
  CHECK(config_at<std::uint32_t>(config, 0x2c) == 0xefa31d0f);
  CHECK(config_at<std::uint8_t>(config, 0x0b) == 2);
  CHECK(config_at<std::uint32_t>(config, 0x10) == 0);
  CHECK(config_at<std::uint32_t>(config, 0x18) == 0xc);
  CHECK(config_at<std::uint32_t>(config, 0x20) == 0xc);
  const auto capability = config_at<std::uint8_t>(config, 0x34);
  CHECK(config_at<std::uint8_t>(config, capability) == 0x11);
  CHECK(config_at<std::uint8_t>(config, capability + 1U) == 0);
  CHECK((config_at<std::uint16_t>(config, capability + 2U) & 0x7ff) == interrupt_vectors - 1);
}

TEST_CASE("only the command register and MSI-X control are written") {
  ConfigSpace config({});
  std::vector<std::uint8_t> before(config_size);
  config.read(0, before);
  config.write(0, std::vector<std::uint8_t>(config_size, 0xff));
  std::vector<std::uint8_t> after(config_size);
  config.read(0, after);
  for (std::size_t i = 0; i < config_size; ++i) {
    const int written = i == 4 || i == 5 ? 0xff : 0;
    CHECK(after[i] == (i == 0x43 ? 0xc0 : before[i] | written));
  }
  config.reset();
  config.read(0, after);
  CHECK(after == before);
}

TEST_CASE("what lies behind the configuration space reads as zero and is not written") {
  ConfigSpace config({});
  CHECK(config_at<std::uint32_t>(config, 254) == 0);
  CHECK(config_at<std::uint32_t>(config, 256) == 0);
  CHECK(config_at<std::uint32_t>(config, std::numeric_limits<std::uint64_t>::max() - 1) == 0);
  config.write(std::numeric_limits<std::uint64_t>::max() - 2, std::array<std::uint8_t, 16>{});
  config.write(4, {});
  CHECK(config_at<std::uint16_t>(config, 0) == 0x1d0f);
}

TEST_CASE("regions have the sizes of what is in them") {
  CHECK(region_size(register_region) == 0x4000);
  CHECK(region_size(llq_region) == llq_bar_size);
  CHECK(region_size(doorbell_region) == doorbell_bar_size);
  CHECK(region_size(config_region) == 256);
  for (const std::uint32_t none : {1U, 3U, 5U, 6U, 8U, 9U, 0xffffffffU}) {
    CHECK(region_size(none) == 0);
  }
}

}  // namespace
}  // namespace efa::lab
