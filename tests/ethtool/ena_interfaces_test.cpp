#include "collectors/ethtool/ena_interfaces.h"

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "tests/ethtool/net_class.h"
#include "tests/support/catch.h"
#include "tests/support/faulty_files.h"

namespace efa::test {
namespace {

struct Fixture {
  NetClass net;
  FaultyFiles files;
  EnaScanner scanner{files, net.root()};
  EnaInterfaces interfaces;

  Fixture() {
    net.add_virtual("lo");
    net.add("ens32", "ena", "0000:00:05.0", "02:94:3d:89:1b:70");
    net.add("eth7", "mlx5_core", "0000:00:07.0", "0c:42:a1:00:00:01");
  }
  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const auto& interface : interfaces) {
      names.push_back(interface->name);
    }
    return names;
  }
};

TEST_CASE("an interface is an ENA by its driver, whatever its name") {
  Fixture f;
  f.net.add("ena", "veth", "0000:00:08.0", "0c:42:a1:00:00:02");
  f.net.add("ens6", "xena", "0000:00:09.0", "0c:42:a1:00:00:03");
  REQUIRE(f.scanner.scan(f.interfaces));
  REQUIRE(f.interfaces.size() == 1);
  CHECK(*f.interfaces[0] == EnaInterface{"ens32", "02:94:3d:89:1b:70", "0000:00:05.0"});
}

TEST_CASE("interfaces are ordered by PCI address") {
  Fixture f;
  f.net.add("aaa", "ena", "0000:00:06.0", "02:00:00:00:00:02");
  f.net.add("zzz", "ena", "0000:00:04.0", "02:00:00:00:00:03");
  REQUIRE(f.scanner.scan(f.interfaces));
  CHECK(f.names() == std::vector<std::string>{"zzz", "ens32", "aaa"});
}

TEST_CASE("as long as nothing changes the class is listed and no more") {
  Fixture f;
  REQUIRE(f.scanner.scan(f.interfaces));
  const auto first = f.interfaces;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(f.scanner.scan(f.interfaces));
  }
  CHECK(f.interfaces == first);  // the same ones
  CHECK(f.files.lists("class/net") == 4);
  CHECK(f.files.opens("address") == 1);
}

TEST_CASE("one that comes is found, and the others are what they were") {
  Fixture f;
  REQUIRE(f.scanner.scan(f.interfaces));
  const auto first = f.interfaces.at(0);
  f.net.add("ens33", "ena", "0000:00:06.0", "02:00:00:00:00:02");
  f.net.add_virtual("veth0");
  REQUIRE(f.scanner.scan(f.interfaces));
  CHECK(f.names() == std::vector<std::string>{"ens32", "ens33"});
  CHECK(f.interfaces[0] == first);
  CHECK(f.files.opens("ens32/address") == 1);
}

TEST_CASE("one that goes is dropped; re-created under its name it is another one") {
  Fixture f;
  REQUIRE(f.scanner.scan(f.interfaces));
  const auto first = f.interfaces.at(0);
  f.net.remove("ens32");
  SECTION("gone") {
    REQUIRE(f.scanner.scan(f.interfaces));
    CHECK(f.interfaces.empty());
  }
  SECTION("back, with another MAC") {
    f.net.add("ens32", "ena", "0000:00:05.0", "02:00:00:00:00:09");
    REQUIRE(f.scanner.scan(f.interfaces));
    REQUIRE(f.interfaces.size() == 1);
    CHECK(f.interfaces[0] != first);
    CHECK(f.interfaces[0]->mac == "02:00:00:00:00:09");
  }
  SECTION("back under another name") {
    f.net.add("ens99", "ena", "0000:00:05.0", "02:94:3d:89:1b:70");
    REQUIRE(f.scanner.scan(f.interfaces));
    CHECK(f.names() == std::vector<std::string>{"ens99"});
  }
}

TEST_CASE("one that leaves while it is looked at is no error") {
  const auto* const file = GENERATE("ens32/address", "ens32/device", "ens32/device/driver");
  CAPTURE(file);
  Fixture f;
  f.files.vanish(file);
  CHECK(f.scanner.scan(f.interfaces));
  CHECK(f.interfaces.empty());
}

TEST_CASE("one that cannot be told is an error, costs no other, and is looked at again") {
  Fixture f;
  f.net.add("ens33", "ena", "0000:00:06.0", "02:00:00:00:00:02");
  f.files.fail_read("ens32/address", EIO);
  const auto scanned = f.scanner.scan(f.interfaces);
  REQUIRE_FALSE(scanned);
  CHECK(scanned.error().reason == Reason::transient);
  CHECK(scanned.error().context == f.net.root() + "/class/net/ens32");
  CHECK(f.names() == std::vector<std::string>{"ens33"});
  CHECK_FALSE(f.scanner.scan(f.interfaces));  // not taken for known
  f.files.heal();
  CHECK(f.scanner.scan(f.interfaces));
  CHECK(f.names() == std::vector<std::string>{"ens32", "ens33"});
}

TEST_CASE("a class that cannot be listed is an error, and the interfaces stay") {
  Fixture f;
  REQUIRE(f.scanner.scan(f.interfaces));
  SECTION("open") { f.files.fail_open("class/net", EMFILE); }
  SECTION("list") { f.files.fail_list("class/net", EIO); }
  const auto scanned = f.scanner.scan(f.interfaces);
  REQUIRE_FALSE(scanned);
  CHECK(scanned.error().context == f.net.root() + "/class/net");
  CHECK(f.names() == std::vector<std::string>{"ens32"});
}

TEST_CASE("a host without the class has no interfaces") {
  Fixture f;
  EnaScanner scanner(f.files, f.net.root() + "/nowhere");
  CHECK(scanner.scan(f.interfaces));
  CHECK(f.interfaces.empty());
}

}  // namespace
}  // namespace efa::test
