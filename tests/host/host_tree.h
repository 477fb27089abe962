#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "collectors/host/host_files.h"
#include "tests/support/sysfs_tree.h"
#include "tests/support/temp_dir.h"

namespace efa::test {

/// A host's files, healthy until a test breaks one thing:
///
///     HostTree host(HostTree::p5_ubuntu_22_04);
///     host.write("/sys/module/efa/initstate", "going\n");
///     read_host_facts(files, host.paths());
///
/// Paths are the host's: below /sys and /proc, else below its root. The versions are made up, but
/// of their time. A node in /dev is a link to /dev/null: a character device for all, which anybody
/// can make.
///
/// Errors   thrown
class HostTree {
 public:
  enum Kind : std::uint8_t {
    empty,                 // not even /sys/module
    p5_amazon_linux_2023,  // p5.48xlarge, 32 devices rdmap79s0 to rdmap201s0
    p5_ubuntu_22_04,       // the same, with Intel's oneAPI and the plugin of a Deep Learning AMI
    c5n_centos_7_6         // c5n.18xlarge of 2019, one device efa_0
  };

  explicit HostTree(Kind kind = empty);

  [[nodiscard]] HostPaths paths() const;
  /// Where a path of the host is in the tree.
  [[nodiscard]] std::filesystem::path at(std::string_view path) const;

  HostTree& write(std::string_view path, std::string_view bytes);
  HostTree& link(std::string_view path, const std::filesystem::path& target);
  HostTree& folder(std::string_view path);
  /// A file, a link, or a folder with everything in it.
  HostTree& remove(std::string_view path);

  /// A live module built outside of the kernel's tree.
  HostTree& module(std::string_view name, std::string_view version);
  HostTree& hugepages(unsigned page_kib, unsigned total, unsigned free);
  /// The device, its PCI function with the driver efa, its uverbs node.
  HostTree& device(const std::string& name, std::string_view pci_device);
  /// A node in /dev that is a plain file with those permissions.
  HostTree& node_permissions(unsigned number, unsigned permissions);
  /// /proc/<pid>/limits; a number or "unlimited".
  HostTree& memlock(std::uint32_t pid, std::string_view soft, std::string_view hard);
  /// A shared object of `size` bytes, no text among them but `text` at `offset`.
  HostTree& library(std::string_view path, std::string_view text, std::size_t offset,
                    std::size_t size);

  /// The devices, for all else one can do with them.
  [[nodiscard]] SysfsTree& sysfs() { return sysfs_; }

 private:
  void add_efa_base();
  void add_p5();
  void add_amazon_linux_2023();
  void add_ubuntu_22_04();
  void add_centos_7_6();

  TempDir dir_;
  SysfsTree sysfs_;
  unsigned devices_ = 0;
};

}  // namespace efa::test
