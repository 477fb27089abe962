#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "tests/support/temp_dir.h"

namespace efa::test {

/// A /sys/class/net of its own, with the links the kernel makes.
///
/// Errors   thrown
class NetClass {
 public:
  NetClass() { std::filesystem::create_directories(dir_.path() / "class/net"); }

  [[nodiscard]] std::string root() const { return dir_.path().string(); }

  /// An interface on a PCI device of that driver.
  void add(const std::string& name, const std::string& driver, const std::string& pci,
           std::string_view mac) {
    namespace fs = std::filesystem;
    const fs::path device = dir_.path() / "devices/pci0000:00" / pci;
    const fs::path drivers = dir_.path() / "bus/pci/drivers" / driver;
    fs::create_directories(drivers);
    fs::create_directories(device / "net" / name);
    fs::remove(device / "driver");
    fs::create_directory_symlink("../../../bus/pci/drivers/" + driver, device / "driver");
    fs::create_directory_symlink("../../../" + pci, device / "net" / name / "device");
    fill(device / "net" / name, mac);
    fs::create_directory_symlink("../../devices/pci0000:00/" + pci + "/net/" + name,
                                 dir_.path() / "class/net" / name);
  }
  /// One without a device: lo, a bridge, one end of a veth pair.
  void add_virtual(const std::string& name) {
    namespace fs = std::filesystem;
    const fs::path folder = dir_.path() / "devices/virtual/net" / name;
    fs::create_directories(folder);
    fill(folder, "00:00:00:00:00:00");
    fs::create_directory_symlink("../../devices/virtual/net/" + name,
                                 dir_.path() / "class/net" / name);
  }
  void remove(const std::string& name) {
    const auto link = dir_.path() / "class/net" / name;
    std::filesystem::remove_all(std::filesystem::canonical(link));
    std::filesystem::remove(link);
  }
  /// In place, so that kept descriptors see it.
  void set(const std::string& name, std::string_view file, std::string_view text) {
    std::ofstream(dir_.path() / "class/net" / name / file, std::ios::trunc) << text << '\n';
  }

 private:
  static void fill(const std::filesystem::path& folder, std::string_view mac) {
    std::ofstream(folder / "address") << mac << '\n';
    std::ofstream(folder / "carrier") << "1\n";
    std::filesystem::create_directory(folder / "statistics");
    std::ofstream(folder / "statistics/rx_bytes") << "2000\n";
    std::ofstream(folder / "statistics/tx_bytes") << "1000\n";
  }

  TempDir dir_;
};

}  // namespace efa::test
