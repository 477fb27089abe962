#include "config/near_miss.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace efa {
namespace {

const std::vector<std::string> words{"web",   "path",   "labels", "listen_addresses",
                                     "debug", "warning"};

TEST_CASE("a slip or two, a swap, another case or a beginning is a near miss") {
  CHECK(near_miss("wbe", words) == "web");
  CHECK(near_miss("label", words) == "labels");
  CHECK(near_miss("lables", words) == "labels");
  CHECK(near_miss("listen-adresses", words) == "listen_addresses");
  CHECK(near_miss("DEBUG", words) == "debug");
  CHECK(near_miss("warn", words) == "warning");
  CHECK(near_miss("paths", words) == "path");
}

TEST_CASE("another word is no near miss") {
  CHECK(near_miss("timeout", words).empty());
  CHECK(near_miss("", words).empty());
  CHECK(near_miss("x", words).empty());
  CHECK(near_miss("w", words).empty());
  CHECK(near_miss(std::string(100'000, 'w'), words).empty());
  CHECK(near_miss("web", {}).empty());
}

TEST_CASE("the nearest of several is taken") {
  const std::vector<std::string> near{"instance_id", "instance_type", "instance"};
  CHECK(near_miss("instance_typ", near) == "instance_type");
  CHECK(near_miss("instances", near) == "instance");
}

}  // namespace
}  // namespace efa
