#include "tests/support/sysfs_tree.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "collectors/base/unique_fd.h"
#include "collectors/catalogue/hw_counters.h"

namespace efa::test {
namespace fs = std::filesystem;
namespace {

constexpr unsigned first_slot = 6;  // the ones below are the host's own
constexpr unsigned slots_of_bus = 32;

std::string pci_address(unsigned bus, unsigned slot) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "0000:%02x:%02x.0", bus, slot);
  return text.data();
}

fs::path pci_path_of(const fs::path& root, const std::string& address) {
  constexpr std::size_t domain_and_bus = 7;
  return root / "devices" / ("pci" + address.substr(0, domain_and_bus)) / address;
}

bool only_with_kernel_verbs(std::string_view counter) {
  return counter == "alloc_mr_err" || counter == "get_dma_mr_err";
}

std::optional<unsigned> take_number(std::string_view& text) {
  unsigned value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{}) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// udev names devices by bus and slot in decimal: rdmap16s27 is 0000:10:1b.0.
std::optional<std::string> pci_address_in(std::string_view name) {
  constexpr std::string_view prefix = "rdmap";
  if (!name.starts_with(prefix)) {
    return std::nullopt;
  }
  name.remove_prefix(prefix.size());
  const auto bus = take_number(name);
  if (!bus || !name.starts_with('s')) {
    return std::nullopt;
  }
  name.remove_prefix(1);
  const auto slot = take_number(name);
  if (!slot || !name.empty() || *bus > 0xff || *slot >= slots_of_bus) {
    return std::nullopt;
  }
  return pci_address(*bus, *slot);
}

void add_counters(SysfsTree::Device& device) {
  for (const MetricSpec& spec : hw_counters) {
    if (only_with_kernel_verbs(spec.source)) {
      continue;
    }
    const std::string value = std::to_string(SysfsTree::default_value(spec.source));
    if (spec.scope == Scope::port) {
      device.port_counter(spec.source, value);
    } else {
      device.device_counter(spec.source, value);
    }
  }
  device.text("hw_counters/lifespan", "10").text("ports/1/hw_counters/lifespan", "10");
}

void add_attributes(SysfsTree::Device& device) {
  device.text("node_guid", "0200:0000:0000:0001")
      .text("sys_image_guid", "0000:0000:0000:0000")
      .text("node_type", "7: unspecified")
      .text("fw_ver", "")
      .text("ports/1/rate", "100 Gb/sec (4X EDR)")
      .text("ports/1/state", "4: ACTIVE")
      .text("ports/1/phys_state", "5: LinkUp")
      .text("ports/1/link_layer", "Unknown")
      .text("ports/1/gids/0", "fe80:0000:0000:0000:0000:00ff:fe00:0001");
}

}  // namespace

void write_in_place(const fs::path& path, std::string_view bytes) {
  fs::create_directories(path.parent_path());
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  // Never empty in between: a reader sees the old bytes or the new ones.
  if (!fd ||
      ::pwrite(fd.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()) ||
      ::ftruncate(fd.get(), static_cast<off_t>(bytes.size())) != 0) {
    throw std::system_error(errno, std::generic_category(), path.string());
  }
}

SysfsTree::Device::Device(SysfsTree& tree, std::string name, std::string pci)
    : tree_(tree), name_(std::move(name)), pci_(std::move(pci)) {}

fs::path SysfsTree::Device::pci_path() const {
  if (pci_.empty()) {
    return fs::path(tree_.root()) / "devices/virtual";
  }
  return pci_path_of(tree_.root(), pci_);
}

fs::path SysfsTree::Device::path() const { return pci_path() / "infiniband" / name_; }

SysfsTree::Device& SysfsTree::Device::pci(const std::string& address) {
  if (pci_.empty() || address.size() != 12) {
    throw std::invalid_argument("no PCI address: " + address);
  }
  const fs::path old = pci_path();
  pci_ = address;
  const fs::path now = pci_path();
  if (now != old) {
    fs::create_directories(now.parent_path());
    fs::rename(old, now);
    fs::remove(path() / "device");
    fs::create_symlink(fs::path("../../..") / pci_, path() / "device");
    tree_.link_into_class(*this);
  }
  return *this;
}

SysfsTree::Device& SysfsTree::Device::id(std::string_view vendor, std::string_view device) {
  return text("device/vendor", vendor).text("device/device", device);
}

SysfsTree::Device& SysfsTree::Device::port_counter(std::string_view name, std::string_view value,
                                                   std::string_view port) {
  return text("ports/" + std::string(port) + "/hw_counters/" + std::string(name), value);
}

SysfsTree::Device& SysfsTree::Device::device_counter(std::string_view name,
                                                     std::string_view value) {
  return text("hw_counters/" + std::string(name), value);
}

SysfsTree::Device& SysfsTree::Device::no_counters() {
  for (const char* folder : {"hw_counters", "ports/1/hw_counters"}) {
    remove(folder);
    fs::create_directories(path() / folder);
  }
  return *this;
}

SysfsTree::Device& SysfsTree::Device::text(std::string_view path, std::string_view value) {
  return raw(path, std::string(value) + "\n");
}

SysfsTree::Device& SysfsTree::Device::raw(std::string_view path, std::string_view bytes) {
  if (gone_) {
    throw std::logic_error(name_ + " was removed");
  }
  write_in_place(this->path() / path, bytes);
  return *this;
}

SysfsTree::Device& SysfsTree::Device::remove(std::string_view path) {
  tree_.bury(this->path() / path);
  return *this;
}

SysfsTree::Device& SysfsTree::Device::rename(const std::string& name) {
  const fs::path old = path();
  const std::string old_name = std::exchange(name_, name);
  fs::rename(old, path());
  tree_.link_into_class(*this);
  tree_.bury(fs::path(tree_.root()) / "class/infiniband" / old_name);
  return *this;
}

SysfsTree::Device& SysfsTree::Device::recreate() {
  // Both exist for a moment, so that no inode can be the same.
  const fs::path aside = tree_.dir_.path() / "probing";
  const fs::path place = pci_.empty() ? path() : pci_path();
  fs::copy(place, aside, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  tree_.bury(place);
  fs::rename(aside, place);
  tree_.link_into_class(*this);
  return *this;
}

void SysfsTree::Device::remove() {
  tree_.bury(fs::path(tree_.root()) / "class/infiniband" / name_);
  tree_.bury(pci_.empty() ? path() : pci_path());
  gone_ = true;
}

SysfsTree::SysfsTree() {
  fs::create_directories(fs::path(root()) / "class/infiniband");
  fs::create_directories(dir_.path() / "gone");
}

std::string SysfsTree::root() const { return dir_.path() / "sys"; }

SysfsTree::Device& SysfsTree::device(const std::string& name) {
  if (Device* const existing = find(name)) {
    return *existing;
  }
  Device& device = add(name, pci_address_in(name).value_or(next_pci_address()));
  device.id("0x1d0f", "0xefa2").text("device/numa_node", "0");
  add_attributes(device);
  add_counters(device);
  return device;
}

SysfsTree::Device& SysfsTree::foreign(const std::string& name) {
  Device& device = add(name, next_pci_address());
  device.id("0x15b3", "0x1021").text("device/numa_node", "0");
  add_attributes(device);
  return device.text("ports/1/rate", "400 Gb/sec (4X NDR)")
      .text("board_id", "MT_0000000838")
      .port_counter("tx_bytes", "999")  // tempting, but not EFA's
      .port_counter("out_of_sequence", "7")
      .port_counter("lifespan", "10");
}

SysfsTree::Device& SysfsTree::software(const std::string& name) {
  Device& device = add(name, "");
  add_attributes(device);
  return device.port_counter("sent_pkts", "999").port_counter("lifespan", "10");
}

void SysfsTree::remove_device(const std::string& name) {
  Device* const device = find(name);
  if (device == nullptr) {
    throw std::invalid_argument("no such device: " + name);
  }
  device->remove();
}

SysfsTree& SysfsTree::driver_version(std::string_view version) {
  write_in_place(fs::path(root()) / "module/efa/version", std::string(version) + "\n");
  return *this;
}

std::uint64_t SysfsTree::default_value(std::string_view counter) {
  const MetricSpec* const spec = find_hw_counter(counter);
  if (spec == nullptr) {
    throw std::invalid_argument("not in the catalogue: " + std::string(counter));
  }
  return static_cast<std::uint64_t>(spec - std::begin(hw_counters)) + 1;
}

SysfsTree::Device* SysfsTree::find(const std::string& name) {
  for (const auto& device : devices_) {
    if (device->exists() && device->name() == name) {
      return device.get();
    }
  }
  return nullptr;
}

SysfsTree::Device& SysfsTree::add(const std::string& name, const std::string& pci) {
  if (find(name) != nullptr) {
    throw std::invalid_argument("exists already: " + name);
  }
  Device& device = *devices_.emplace_back(std::make_unique<Device>(*this, name, pci));
  fs::create_directories(device.path());
  if (!pci.empty()) {
    fs::create_symlink(fs::path("../../..") / pci, device.path() / "device");
  }
  link_into_class(device);
  return device;
}

// By rename, so that a re-created device's link replaces the old one in one step.
void SysfsTree::link_into_class(const Device& device) const {
  const fs::path link = dir_.path() / "link";
  fs::create_symlink(fs::path("../..") / device.path().lexically_relative(root()), link);
  fs::rename(link, fs::path(root()) / "class/infiniband" / device.name());
}

void SysfsTree::bury(const fs::path& path) {
  fs::rename(path, dir_.path() / "gone" / std::to_string(buried_++));
}

std::string SysfsTree::next_pci_address() const {
  for (unsigned number = first_slot;; ++number) {
    std::string address = pci_address(number / slots_of_bus, number % slots_of_bus);
    if (!fs::exists(pci_path_of(root(), address))) {
      return address;
    }
  }
}

}  // namespace efa::test
