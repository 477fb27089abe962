#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/temp_dir.h"

namespace efa::test {

/// A fake /sys, built in one expression:
///
///     SysfsTree tree;
///     tree.device("rdmap0s6").port_counter("tx_bytes", "123").text("ports/1/rate", "25 Gb/sec (1X
///     EDR)");
///
/// The links are the kernel's: class/infiniband/<name> leads to
/// devices/pci<bus>/<pci>/infiniband/<name>, whose `device` leads back to the PCI directory. What
/// is removed is kept aside until the tree goes, so that no inode number is ever used twice, as in
/// sysfs; descriptors kept by a reader go on reading the old file (FaultyFiles gives the kernel's
/// ENODEV).
///
/// Errors   thrown
/// Threads  one at a time; values may be set while others read them, and are never seen half
/// written
class SysfsTree {
 public:
  /// One device; lives as long as the tree, also after remove().
  class Device {
   public:
    Device(SysfsTree& tree, std::string name, std::string pci);
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    /// Moves the device to another PCI address ("0000:10:1b.0").
    Device& pci(const std::string& address);
    /// The PCI vendor and device ("0x1d0f", "0xefa2").
    Device& id(std::string_view vendor, std::string_view device);
    /// Sets or adds a counter: the text, then a newline.
    Device& port_counter(std::string_view name, std::string_view value,
                         std::string_view port = "1");
    Device& device_counter(std::string_view name, std::string_view value);
    /// Removes both hw_counters directories' files, lifespan included.
    Device& no_counters();
    /// Sets or adds a file by its path below the device ("ports/1/rate", "device/p2p"): the text,
    /// then a newline. In place, so that kept descriptors see it.
    Device& text(std::string_view path, std::string_view value);
    /// The same without the newline.
    Device& raw(std::string_view path, std::string_view bytes);
    /// Removes a file or a folder below the device.
    Device& remove(std::string_view path);

    /// Gives the device another name; its PCI directory stays.
    Device& rename(const std::string& name);
    /// The same device, freshly probed: same name, address and values, new inodes throughout.
    Device& recreate();
    /// Takes the device off the bus.
    void remove();

    [[nodiscard]] const std::string& name() const { return name_; }
    /// Not removed.
    [[nodiscard]] bool exists() const { return !gone_; }
    /// The directory itself, not through the class link.
    [[nodiscard]] std::filesystem::path path() const;

   private:
    [[nodiscard]] std::filesystem::path pci_path() const;

    SysfsTree& tree_;
    std::string name_;
    std::string pci_;  // empty: no PCI parent
    bool gone_ = false;
  };

  SysfsTree();

  /// The device of that name. A new one has the 22 port and 12 device counters of a current driver,
  /// each with its default_value(), and every other file the agent reads. Its PCI address follows
  /// from a name like rdmap16s27, else it is the next free slot of bus 0.
  Device& device(const std::string& name);
  /// A device of another vendor on the PCI bus (mlx5_0, ibp12s0), with counters that must be left
  /// alone.
  Device& foreign(const std::string& name);
  /// A software device without PCI parent (rxe0).
  Device& software(const std::string& name);
  void remove_device(const std::string& name);

  /// Loads a driver built outside the kernel tree: /sys/module/efa/version.
  SysfsTree& driver_version(std::string_view version);

  /// What a new device counts: tx_bytes 1, tx_pkts 2 and so on in the order of the catalogue.
  static std::uint64_t default_value(std::string_view counter);

  /// The path to use in place of /sys.
  [[nodiscard]] std::string root() const;

 private:
  Device* find(const std::string& name);
  Device& add(const std::string& name, const std::string& pci);
  void link_into_class(const Device& device) const;
  void bury(const std::filesystem::path& path);
  [[nodiscard]] std::string next_pci_address() const;

  TempDir dir_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::size_t buried_ = 0;
};

/// Writes `bytes` as the whole content of a file: in place, making folders as needed.
void write_in_place(const std::filesystem::path& path, std::string_view bytes);

}  // namespace efa::test
