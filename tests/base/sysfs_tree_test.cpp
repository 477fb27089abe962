#include "tests/support/sysfs_tree.h"

#include <fcntl.h>

#include <cerrno>
#include <stdexcept>

#include "collectors/base/files.h"
#include "collectors/catalogue/hw_counters.h"
#include "tests/support/catch.h"

namespace efa::test {
namespace {

namespace fs = std::filesystem;

std::string text_at(const SysfsTree& tree, const std::string& path) {
  const auto text =
      PosixFiles().read_text(AT_FDCWD, (tree.root() + "/class/infiniband/" + path).c_str());
  return text ? *text : text.error().message();
}

std::size_t count_files(const fs::path& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder)) {
    ++count;
  }
  return count;
}

TEST_CASE("a fake device is whole and linked as the kernel links it") {
  SysfsTree tree;
  tree.device("rdmap16s27");
  CHECK(fs::read_symlink(tree.root() + "/class/infiniband/rdmap16s27") ==
        "../../devices/pci0000:10/0000:10:1b.0/infiniband/rdmap16s27");
  const fs::path device = tree.root() + "/class/infiniband/rdmap16s27";
  CHECK(fs::read_symlink(device / "device") == "../../../0000:10:1b.0");
  CHECK(text_at(tree, "rdmap16s27/device/vendor") == "0x1d0f");
  CHECK(text_at(tree, "rdmap16s27/ports/1/gids/0") == "fe80:0000:0000:0000:0000:00ff:fe00:0001");
  CHECK(count_files(device / "ports/1/hw_counters") == 22 + 1);
  CHECK(count_files(device / "hw_counters") == 12 + 1);
  CHECK(text_at(tree, "rdmap16s27/ports/1/hw_counters/tx_bytes") == "1");
  CHECK(text_at(tree, "rdmap16s27/hw_counters/submitted_cmds") ==
        std::to_string(SysfsTree::default_value("submitted_cmds")));
}

TEST_CASE("a fake device is what one expression says") {
  SysfsTree tree;
  tree.device("rdmap0s6")
      .pci("0000:20:1c.0")
      .id("0x1d0f", "0xefa1")
      .port_counter("tx_bytes", "123")
      .device_counter("submitted_cmds", "4")
      .text("ports/1/rate", "25 Gb/sec (1X EDR)")
      .text("device/p2p", "NVIDIA")
      .raw("ports/1/hw_counters/rx_bytes", "");
  CHECK(fs::exists(tree.root() + "/devices/pci0000:20/0000:20:1c.0/p2p"));
  CHECK(text_at(tree, "rdmap0s6/device/device") == "0xefa1");
  CHECK(text_at(tree, "rdmap0s6/ports/1/hw_counters/tx_bytes") == "123");
  CHECK(text_at(tree, "rdmap0s6/hw_counters/submitted_cmds") == "4");
  CHECK(text_at(tree, "rdmap0s6/ports/1/rate") == "25 Gb/sec (1X EDR)");
  CHECK(fs::file_size(tree.root() + "/class/infiniband/rdmap0s6/ports/1/hw_counters/rx_bytes") ==
        0);
}

TEST_CASE("a file, all counters or a whole fake device can be taken away") {
  SysfsTree tree;
  tree.device("rdmap0s6").remove("ports/1/hw_counters/retrans_bytes");
  CHECK(text_at(tree, "rdmap0s6/ports/1/hw_counters/retrans_bytes") == "No such file or directory");
  tree.device("rdmap0s6").no_counters();
  CHECK(count_files(tree.root() + "/class/infiniband/rdmap0s6/hw_counters") == 0);
  tree.device("rdmap0s7");
  tree.remove_device("rdmap0s6");
  CHECK(count_files(tree.root() + "/class/infiniband") == 1);
  CHECK_FALSE(fs::exists(tree.root() + "/devices/pci0000:00/0000:00:06.0"));
  CHECK_THROWS_AS(tree.remove_device("rdmap0s6"), std::invalid_argument);
  CHECK(text_at(tree, "rdmap0s7/ports/1/hw_counters/tx_bytes") == "1");
}

TEST_CASE("a renamed fake device keeps its address, its inode and its values") {
  SysfsTree tree;
  SysfsTree::Device& device = tree.device("efa_0").port_counter("tx_bytes", "77");
  const auto vendor = fs::canonical(tree.root() + "/class/infiniband/efa_0/device/vendor");
  device.rename("rdmap0s6");
  CHECK(&tree.device("rdmap0s6") == &device);
  CHECK(count_files(tree.root() + "/class/infiniband") == 1);
  CHECK(text_at(tree, "rdmap0s6/ports/1/hw_counters/tx_bytes") == "77");
  CHECK(fs::canonical(tree.root() + "/class/infiniband/rdmap0s6/device/vendor") == vendor);
}

TEST_CASE(
    "a re-created fake device is new, and what was kept open of the old one does not follow") {
  SysfsTree tree;
  tree.device("rdmap0s6").port_counter("tx_bytes", "77");
  PosixFiles files;
  const std::string path = tree.root() + "/class/infiniband/rdmap0s6/ports/1/hw_counters/tx_bytes";
  const auto kept = files.open(AT_FDCWD, path.c_str());
  REQUIRE(kept);
  tree.device("rdmap0s6").recreate().port_counter("tx_bytes", "1");
  CHECK(text_at(tree, "rdmap0s6/ports/1/hw_counters/tx_bytes") == "1");
  std::array<char, 8> buffer{};
  const auto size = files.read_at_start(kept->get(), buffer);
  REQUIRE(size);
  CHECK(std::string(buffer.data(), *size) == "77\n");
}

TEST_CASE("a fake host has devices of others, with and without a PCI parent") {
  SysfsTree tree;
  tree.foreign("mlx5_0");
  tree.foreign("ibp12s0");
  tree.software("rxe0");
  tree.driver_version("3.1.0g");
  CHECK(text_at(tree, "mlx5_0/device/vendor") == "0x15b3");
  CHECK(text_at(tree, "ibp12s0/device/vendor") == "0x15b3");
  CHECK(fs::read_symlink(tree.root() + "/class/infiniband/rxe0") ==
        "../../devices/virtual/infiniband/rxe0");
  CHECK_FALSE(fs::exists(tree.root() + "/class/infiniband/rxe0/device"));
  CHECK(text_at(tree, "../../module/efa/version") == "3.1.0g");
}

TEST_CASE("fake devices get PCI addresses of their own") {
  SysfsTree tree;
  tree.device("rdmap0s7");
  for (int i = 0; i < 40; ++i) {
    tree.device("efa_" + std::to_string(i));
  }
  std::size_t addresses = 0;
  for (const auto& bus : fs::directory_iterator(tree.root() + "/devices")) {
    addresses += count_files(bus.path());
  }
  CHECK(addresses == 41);
}

}  // namespace
}  // namespace efa::test
