#include "tests/lab/efa_device/pci.h"

#include <algorithm>

#include "tests/lab/efa_device/data_path/limits.h"

namespace efa::lab {
namespace {

constexpr std::uint16_t vendor_amazon = 0x1d0f;
constexpr std::uint32_t bar_64_bit_prefetchable = 0xc;
constexpr std::uint64_t register_bar_size = 0x4000;
// In pages of their own behind the registers.
constexpr std::uint32_t msix_table = 0x2000;
constexpr std::uint32_t msix_pending = 0x3000;
constexpr std::uint8_t msix_capability = 0x40;

struct Writable {
  std::size_t offset;
  unsigned bits;
};
constexpr std::array writable = {
    Writable{0x04, 0xff},                 // command
    Writable{0x05, 0xff},                 // its high byte
    Writable{msix_capability + 3, 0xc0},  // MSI-X control: enable, mask
};

}  // namespace

std::uint64_t region_size(std::uint32_t region) {
  switch (region) {
    case register_region:
      return register_bar_size;
    case llq_region:
      return llq_bar_size;
    case doorbell_region:
      return doorbell_bar_size;
    case config_region:
      return config_size;
    default:
      return 0;
  }
}

ConfigSpace::ConfigSpace(const Profile& profile) : profile_(profile) { reset(); }

void ConfigSpace::reset() {
  bytes_.fill(0);
  store(bytes_, 0x00, vendor_amazon);
  store(bytes_, 0x02, profile_.pci_device_id());
  store(bytes_, 0x06, std::uint16_t{0x0010});  // status: there are capabilities
  store(bytes_, 0x0b, std::uint8_t{0x02});     // class: network controller
  store(bytes_, 0x18, bar_64_bit_prefetchable);
  store(bytes_, 0x20, bar_64_bit_prefetchable);
  store(bytes_, 0x2c, vendor_amazon);
  store(bytes_, 0x2e, profile_.pci_device_id());
  store(bytes_, 0x34, msix_capability);
  store(bytes_, msix_capability, std::uint8_t{0x11});
  store(bytes_, msix_capability + 2, static_cast<std::uint16_t>(interrupt_vectors - 1));
  store(bytes_, msix_capability + 4, msix_table | register_region);
  store(bytes_, msix_capability + 8, msix_pending | register_region);
}

void ConfigSpace::read(std::uint64_t offset, MutableBytes into) const {
  std::fill(into.begin(), into.end(), std::uint8_t{0});
  if (offset < bytes_.size()) {
    const std::size_t count = std::min<std::size_t>(into.size(), bytes_.size() - offset);
    std::copy_n(bytes_.data() + offset, count, into.data());
  }
}

void ConfigSpace::write(std::uint64_t offset, Bytes from) {
  for (const auto& [place, bits] : writable) {
    if (place >= offset && place - offset < from.size()) {
      bytes_[place] =
          static_cast<std::uint8_t>((bytes_[place] & ~bits) | (from[place - offset] & bits));
    }
  }
}

}  // namespace efa::lab
