#include "collectors/host/version.h"

#include <string>

#include "collectors/host/installed_version.h"
#include "collectors/host/minimum_versions.h"
#include "tests/support/catch.h"

namespace efa::test {
namespace {

using Numbers = std::array<std::uint32_t, Version::most_numbers>;

Numbers numbers_of(std::string_view text) {
  const auto version = parse_version(text);
  REQUIRE(version.has_value());
  return version->numbers;
}

TEST_CASE("a version is the numbers it begins with") {
  CHECK(numbers_of("1.22.0amzn1.0") == Numbers{1, 22, 0, 0});
  CHECK(numbers_of("2.17.3g") == Numbers{2, 17, 3, 0});
  CHECK(numbers_of("4.1.6-2") == Numbers{4, 1, 6, 0});
  CHECK(numbers_of("2019.4.243") == Numbers{2019, 4, 243, 0});
  CHECK(numbers_of("2021.9") == Numbers{2021, 9, 0, 0});
  CHECK(numbers_of("5") == Numbers{5, 0, 0, 0});
  CHECK(numbers_of("6.1.134-150.224.amzn2023") == Numbers{6, 1, 134, 0});
  CHECK(numbers_of("1.7.4.") == Numbers{1, 7, 4, 0});
  CHECK(numbers_of("1..2") == Numbers{1, 0, 0, 0});
  CHECK(numbers_of("1.2.3.4.5") == Numbers{1, 2, 3, 4});
  CHECK(numbers_of("1.2\n") == Numbers{1, 2, 0, 0});
  CHECK(numbers_of("08.010.4294967295") == Numbers{8, 10, 4294967295U, 0});
}

TEST_CASE("a text that does not begin with a number is no version") {
  for (const std::string_view text :
       {"", "g", "v1.2", "git-6e504db", " 1.2", "-1", "+1", ".1", "unknown"}) {
    INFO(text);
    CHECK_FALSE(parse_version(text).has_value());
  }
}

TEST_CASE("a number that is too large is no version, however long it is") {
  CHECK_FALSE(parse_version("4294967296").has_value());
  CHECK_FALSE(parse_version("1.99999999999999999999999").has_value());
  CHECK_FALSE(parse_version(std::string(100000, '9')).has_value());
}

TEST_CASE("versions compare as numbers, not as text") {
  CHECK(parse_version("1.10") > parse_version("1.9"));
  CHECK(parse_version("2.17.3g") > parse_version("2.9.0g"));
  CHECK(parse_version("2019.4.243") < parse_version("2019.5"));
  CHECK(parse_version("2019.4.243") >= parse_version("2019.4"));
  CHECK(parse_version("2021.9") == parse_version("2021.9.0"));
  CHECK(parse_version("1.22.0amzn1.0") == parse_version("1.22.0amzn5.0"));
  CHECK(parse_version("5.0.0rc1") == parse_version("5.0.0"));
  CHECK(parse_version("1.2.3.4") < parse_version("1.2.3.5"));
}

TEST_CASE("what is installed is sorted by version, the unknown first") {
  std::vector<InstalledVersion> found{{"/c", "5.0.6"}, {"/b", "10.0"}, {"/d", ""}, {"/a", "5.0.6"}};
  sort_by_version(found);
  CHECK(found == std::vector<InstalledVersion>{
                     {"/d", ""}, {"/a", "5.0.6"}, {"/c", "5.0.6"}, {"/b", "10.0"}});
}

TEST_CASE("the minima are those of the guide, then and now") {
  const auto row = [](std::string_view component) {
    for (const MinimumVersion& one : minimum_versions) {
      if (one.component == component) {
        return one;
      }
    }
    return MinimumVersion{};
  };
  CHECK(row("libfabric").minimum_2019 == "1.8.0");
  CHECK(row("libfabric").minimum == "1.7.0");
  CHECK(row("openmpi").minimum_2019 == "3.1.4");
  CHECK(row("openmpi").minimum == "4.1");
  CHECK(parse_version("2019.4.243") >= parse_version(row("intel_mpi").minimum_2019));
  CHECK(parse_version("2019.4.243") < parse_version(row("intel_mpi").minimum));
  for (const MinimumVersion& one : minimum_versions) {
    CHECK_FALSE(one.source.empty());
  }
}

}  // namespace
}  // namespace efa::test
