#include "tests/support/faulty_files.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/sysfs_tree.h"

namespace efa::test {
namespace {

struct Scenario {
  Scenario() {
    tree.device("rdmap0s6");
    tree.device("rdmap0s7");
    auto opened = files.open_directory(AT_FDCWD, (tree.root() + "/class/infiniband").c_str());
    REQUIRE(opened);
    class_directory = std::move(*opened);
  }

  // "" or the words for what went wrong.
  std::string open(const std::string& path) {
    const auto fd = files.open(class_directory.get(), path.c_str());
    return fd ? "" : fd.error().message();
  }
  std::string read(int fd) {
    std::array<char, 64> buffer{};
    const auto size = files.read_at_start(fd, buffer);
    return size ? std::string(buffer.data(), *size) : size.error().message();
  }
  std::string read(const std::string& path) {
    const auto fd = files.open(class_directory.get(), path.c_str());
    return fd ? read(fd->get()) : fd.error().message();
  }

  SysfsTree tree;
  FaultyFiles files;
  UniqueFd class_directory;
};

const std::string tx_bytes_6 = "rdmap0s6/ports/1/hw_counters/tx_bytes";
const std::string tx_bytes_7 = "rdmap0s7/ports/1/hw_counters/tx_bytes";

TEST_CASE("without a fault, faulty files are the kernel's") {
  Scenario scene;
  CHECK(scene.read(tx_bytes_6) == "1\n");
  std::vector<DirectoryEntry> entries;
  CHECK(scene.files.list(scene.class_directory.get(), entries));
  CHECK(entries.size() == 2);
  const auto target = scene.files.read_link(scene.class_directory.get(), "rdmap0s6/device");
  REQUIRE(target);
  CHECK(*target == "../../../0000:00:06.0");
}

TEST_CASE("a fault is where the end of a path says, in whole components") {
  Scenario scene;
  scene.files.fail_open("hw_counters/tx_bytes", EACCES);
  CHECK(scene.open(tx_bytes_6) == "Permission denied");
  CHECK(scene.open(tx_bytes_7) == "Permission denied");
  CHECK(scene.open("rdmap0s6/ports/1/hw_counters/rx_bytes").empty());
  scene.files.heal();
  scene.files.fail_open("x_bytes", EACCES);
  CHECK(scene.open(tx_bytes_6).empty());
  scene.files.fail_open("rdmap0s6/ports/*/hw_counters/*", EIO);
  CHECK(scene.open(tx_bytes_6) == "Input/output error");
  CHECK(scene.open(tx_bytes_7).empty());
}

TEST_CASE(
    "a read fails through a descriptor that was opened before, relative to a kept directory") {
  Scenario scene;
  const auto folder =
      scene.files.open_directory(scene.class_directory.get(), "rdmap0s6/ports/1/hw_counters");
  REQUIRE(folder);
  const auto fd = scene.files.open(folder->get(), "tx_bytes");
  REQUIRE(fd);
  REQUIRE(scene.read(fd->get()) == "1\n");
  scene.files.fail_read("rdmap0s6/ports/1/hw_counters/*", ENODEV);
  CHECK(scene.read(fd->get()) == "No such device");
  CHECK(scene.read(tx_bytes_7) == "1\n");
  scene.files.heal();
  CHECK(scene.read(fd->get()) == "1\n");
}

TEST_CASE("a fault that is asked for a number of times then goes, and the latest rule wins") {
  Scenario scene;
  scene.files.fail_read("tx_bytes", EIO);
  scene.files.fail_read("tx_bytes", EINVAL, 2);
  CHECK(scene.read(tx_bytes_6) == "Invalid argument");
  CHECK(scene.read(tx_bytes_7) == "Invalid argument");
  CHECK(scene.read(tx_bytes_6) == "Input/output error");
}

TEST_CASE("what vanishes is listed and cannot be opened") {
  Scenario scene;
  scene.files.vanish("rdmap0s6");
  std::vector<DirectoryEntry> entries;
  REQUIRE(scene.files.list(scene.class_directory.get(), entries));
  CHECK(entries.size() == 2);
  const auto device = scene.files.open_directory(scene.class_directory.get(), "rdmap0s6");
  REQUIRE_FALSE(device);
  CHECK(device.error().reason == Reason::absent);
  CHECK_FALSE(scene.files.read_link(scene.class_directory.get(), "rdmap0s6"));
  CHECK(scene.files.open_directory(scene.class_directory.get(), "rdmap0s7"));
}

TEST_CASE("a directory whose list fails can still be opened") {
  Scenario scene;
  scene.files.fail_list("class/infiniband", EIO);
  std::vector<DirectoryEntry> entries;
  CHECK_FALSE(scene.files.list(scene.class_directory.get(), entries));
  CHECK(scene.read(tx_bytes_6) == "1\n");
}

TEST_CASE("a replaced text is read in place of the content, cut to the buffer") {
  Scenario scene;
  scene.files.replace("tx_bytes", "N/A (no PMA)\n");
  CHECK(scene.read(tx_bytes_6) == "N/A (no PMA)\n");
  const auto fd = scene.files.open(scene.class_directory.get(), tx_bytes_6.c_str());
  REQUIRE(fd);
  std::array<char, 3> buffer{};
  const auto size = scene.files.read_at_start(fd->get(), buffer);
  REQUIRE(size);
  CHECK(std::string(buffer.data(), *size) == "N/A");
}

TEST_CASE("a blocked read returns when it is released, and others do not wait for it") {
  Scenario scene;
  scene.files.block_reads("rdmap0s6/ports/1/hw_counters/*");
  std::string text;
  std::thread reader([&] { text = scene.read(tx_bytes_6); });
  const bool is_waiting = scene.files.wait_for_blocked(1);
  const std::string other = scene.read(tx_bytes_7);
  scene.files.fail_read("rdmap0s6/ports/1/hw_counters/tx_bytes", ETIME);
  scene.files.release("rdmap0s6/ports/1/hw_counters/*");
  reader.join();
  CHECK(is_waiting);
  CHECK(other == "1\n");
  CHECK(text == "Timer expired");
  CHECK(scene.files.blocked() == 0);
}

TEST_CASE("opens, reads and lists are counted for each path, failed ones too") {
  Scenario scene;
  scene.read(tx_bytes_6);
  scene.read(tx_bytes_7);
  scene.files.fail_read("tx_bytes", EIO);
  scene.read(tx_bytes_6);
  CHECK(scene.files.opens("tx_bytes") == 3);
  CHECK(scene.files.reads(tx_bytes_6) == 2);
  CHECK(scene.files.reads("rx_bytes") == 0);
  CHECK(scene.files.lists("infiniband") == 0);
}

TEST_CASE("at the limit of descriptors an open fails until one is closed") {
  Scenario scene;
  REQUIRE(scene.files.open_descriptors() == 1);
  scene.files.limit_descriptors(2);
  {
    const auto fd = scene.files.open(scene.class_directory.get(), tx_bytes_6.c_str());
    REQUIRE(fd);
    CHECK(scene.files.open_descriptors() == 2);
    CHECK(scene.open(tx_bytes_7) == "Too many open files");
  }
  CHECK(scene.open(tx_bytes_7).empty());
}

}  // namespace
}  // namespace efa::test
