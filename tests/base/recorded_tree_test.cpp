#include "tests/support/recorded_tree.h"

#include <fcntl.h>

#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "collectors/base/files.h"
#include "collectors/base/number.h"
#include "collectors/catalogue/hw_counters.h"
#include "tests/support/catch.h"
#include "tests/support/sysfs_tree.h"

namespace efa::test {
namespace {

namespace fs = std::filesystem;

using Values = std::map<std::string, std::uint64_t>;

Values values_in(const fs::path& folder) {
  Values values;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto text = PosixFiles().read_text(AT_FDCWD, entry.path().c_str());
    REQUIRE(text);
    const auto value = parse_u64(*text);
    INFO(entry.path() << ": " << *text);
    REQUIRE(value);
    values[entry.path().filename()] = *value;
  }
  return values;
}

std::string text_at(const fs::path& path) {
  const auto text = PosixFiles().read_text(AT_FDCWD, path.c_str());
  return text ? *text : text.error().message();
}

// The directories of the tree's EFA devices.
std::vector<fs::path> efa_devices(const RecordedTree& tree) {
  std::vector<fs::path> devices;
  for (const auto& entry : fs::directory_iterator(tree.root() + "/class/infiniband")) {
    if (text_at(entry.path() / "device/device").starts_with("0xefa")) {
      devices.push_back(entry.path());
    }
  }
  return devices;
}

void check_counts(const RecordedTree& tree, std::size_t devices, std::size_t of_port,
                  std::size_t of_device) {
  CHECK(efa_devices(tree).size() == devices);
  for (const fs::path& device : efa_devices(tree)) {
    CHECK(values_in(device / "ports/1/hw_counters").size() == of_port + 1);
    CHECK(values_in(device / "hw_counters").size() == of_device + 1);
  }
}

TEST_CASE("the recorded c5n.18xlarge has one list of counters in both directories") {
  const RecordedTree tree(EFA_TEST_DATA "/c5n_18xlarge_efa_1.13.tree");
  check_counts(tree, 1, 13 + 12, 13 + 12);
  const fs::path device = efa_devices(tree).front();
  CHECK(values_in(device / "hw_counters") == values_in(device / "ports/1/hw_counters"));
  CHECK(text_at(device / "node_guid") == "0000:0000:0000:0000");
  CHECK(text_at(device / "device/gdr") == "0");
  CHECK_FALSE(fs::exists(device / "device/p2p"));
}

TEST_CASE("the recorded p4d.24xlarge has four devices without network counters") {
  const RecordedTree tree(EFA_TEST_DATA "/p4d_24xlarge_efa_2.12.tree");
  check_counts(tree, 4, 17, 14);
  for (const fs::path& device : efa_devices(tree)) {
    CHECK_FALSE(fs::exists(device / "ports/1/hw_counters/retrans_bytes"));
    CHECK(text_at(device / "device/device") == "0xefa0");
    CHECK(text_at(device / "ports/1/rate") == "100 Gb/sec (4X EDR)");
  }
}

TEST_CASE("the recorded p5.48xlarge has 32 devices with every counter of the catalogue") {
  const RecordedTree tree(EFA_TEST_DATA "/p5_48xlarge_efa_3.1.tree");
  check_counts(tree, 32, 22, 14);
  for (const fs::path& device : efa_devices(tree)) {
    for (const MetricSpec& spec : hw_counters) {
      CHECK(
          fs::exists(device / (spec.scope == Scope::port ? "ports/1/hw_counters" : "hw_counters") /
                     spec.source));
    }
  }
  CHECK(text_at(tree.root() + "/class/infiniband/rdmap201s0/ports/1/hw_counters/rx_bytes") ==
        "18446744073709551615");
}

TEST_CASE("the recorded p6-b200.48xlarge has eight devices and two of another vendor") {
  const RecordedTree tree(EFA_TEST_DATA "/p6-b200_48xlarge_efa_3.1.tree");
  check_counts(tree, 8, 22, 12);
  CHECK(text_at(tree.root() + "/class/infiniband/ibp231s0/device/vendor") == "0x15b3");
  CHECK(text_at(tree.root() + "/class/infiniband/ibp232s0/device/vendor") == "0x15b3");
}

TEST_CASE(
    "no two counters of a recorded tree have the same value, unless it is a device that cannot "
    "count") {
  const std::set<std::string> unlike = {"lifespan"};
  for (const char* name :
       {"p4d_24xlarge_efa_2.12", "p5_48xlarge_efa_3.1", "p6-b200_48xlarge_efa_3.1"}) {
    const RecordedTree tree(std::string(EFA_TEST_DATA "/") + name + ".tree");
    std::set<std::uint64_t> seen;
    for (const fs::path& device : efa_devices(tree)) {
      for (const char* folder : {"ports/1/hw_counters", "hw_counters"}) {
        for (const auto& [counter, value] : values_in(device / folder)) {
          INFO(device << " " << counter);
          CHECK((unlike.contains(counter) || value == 0 || seen.insert(value).second));
        }
      }
    }
  }
}

TEST_CASE(
    "a recorded tree with a line that is neither a file nor a link is refused, with the line") {
  const TempDir dir;
  const auto message_for = [&](std::string_view line) {
    const fs::path file = dir.path() / "bad.tree";
    write_in_place(file, "a\t1\n" + std::string(line) + "\n");
    try {
      const RecordedTree tree(file);
    } catch (const std::runtime_error& error) {
      return std::string(error.what()).substr(file.string().size());
    }
    return std::string();
  };
  CHECK(message_for("b\t2").empty());
  CHECK(message_for("c") == ":2: neither a file nor a link");
  CHECK(message_for("") == ":2: neither a file nor a link");
  CHECK(message_for("../d\t1") == ":2: not a path below the root");
  CHECK(message_for("/etc/d\t1") == ":2: not a path below the root");
  CHECK_THROWS_AS(RecordedTree(dir.path() / "missing.tree"), std::runtime_error);
}

}  // namespace
}  // namespace efa::test
