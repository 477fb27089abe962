#include "tests/lab/efa_device/profile.h"

#include <stdexcept>
#include <string>

#include "tests/support/catch.h"

namespace efa::lab {
namespace {

TEST_CASE("each generation has its PCI device id, and RDMA write but the first") {
  for (unsigned number = 0; number <= 4; ++number) {
    ProfileText text;
    text.generation = "efa" + std::to_string(number);
    const Profile profile = parse_profile(text);
    CHECK(profile.pci_device_id() == 0xefa0 + number);
    CHECK(profile.rdma_read);
    CHECK(profile.rdma_write == (number >= 1));
  }
}

TEST_CASE("what a profile says is taken over") {
  ProfileText text;
  text.gbps = "800";
  text.interface = "1";
  text.admin_timeout = "1500";
  text.without_rdma_read = true;
  text.without_rdma_write = true;
  const Profile profile = parse_profile(text);
  CHECK(profile.generation == 1);
  CHECK(profile.gbps == 800);
  CHECK(profile.interface == 1);
  CHECK(profile.admin_timeout == std::chrono::milliseconds(1500));
  CHECK_FALSE(profile.rdma_read);
  CHECK_FALSE(profile.rdma_write);
}

TEST_CASE("a generation that is none says what was found and what was expected") {
  for (const char* wrong : {"efa5", "efa", "efa00", "EFA1", "1", "", "efa-", "efa1\n"}) {
    ProfileText text;
    text.generation = wrong;
    CHECK_THROWS_WITH(parse_profile(text),
                      "generation: found '" + std::string(wrong) +
                          "', expected one of efa0, efa1, efa2, efa3 and efa4");
  }
}

TEST_CASE("a link speed is from 25 to 800 Gb/s") {
  for (const char* wrong : {"24", "801", "100.5", "-100", "", "fast", "99999999999999999999"}) {
    ProfileText text;
    text.gbps = wrong;
    CHECK_THROWS_WITH(parse_profile(text), "link speed: found '" + std::string(wrong) +
                                               "', expected a whole number of Gb/s from 25 to 800");
  }
}

TEST_CASE("an interface version is 1, 2 or 3") {
  for (const char* wrong : {"0", "4", "0.3", ""}) {
    ProfileText text;
    text.interface = wrong;
    CHECK_THROWS_WITH(parse_profile(text),
                      "interface version: found '" + std::string(wrong) + "', expected 1, 2 or 3");
  }
}

TEST_CASE("an admin timeout is what four bits hold in steps of 100 ms") {
  for (const char* wrong : {"50", "1600", "150", "-100", "1s", ""}) {
    ProfileText text;
    text.admin_timeout = wrong;
    CHECK_THROWS_WITH(parse_profile(text),
                      "admin timeout: found '" + std::string(wrong) +
                          "', expected a multiple of 100 ms up to 1500, or 0 for the driver's own");
  }
}

}  // namespace
}  // namespace efa::lab
