#include "collectors/health/words.h"

#include "tests/support/catch.h"

namespace efa::test {
namespace {

TEST_CASE("memory is told in the unit that fits") {
  CHECK(words::memory(MemlockLimit::unlimited) == "unlimited");
  CHECK(words::memory(0) == "0 bytes");
  CHECK(words::memory(65536) == "64 KiB");
  CHECK(words::memory(8388608) == "8 MiB");
  CHECK(words::memory(std::uint64_t{16} << 30U) == "16 GiB");
  CHECK(words::memory(1000) == "1000 bytes");
  CHECK(words::memory(8388609) == "8192 KiB");
  CHECK(words::memory(134'213'632) == "127 MiB");
}

TEST_CASE("names are listed up to some, the others are counted") {
  CHECK(words::listed({}).empty());
  CHECK(words::listed({"a"}) == "a");
  CHECK(words::listed({"a", "b", "c"}) == "a, b and c");
  CHECK(words::listed({"a", "b", "c", "d"}) == "a, b, c and 1 more");
  CHECK(words::listed({"a", "b"}, 1) == "a and 1 more");
}

TEST_CASE("things are counted in their number") {
  CHECK(counted(1, "device") == "1 device");
  CHECK(counted(0, "process") == "0 processes");
}

TEST_CASE("a host is without EFA only if that is certain") {
  HealthView view;
  CHECK_FALSE(words::is_without_efa(view));
  auto reading = std::make_shared<Reading>();
  view.now = reading;
  CHECK(words::is_without_efa(view));
  reading->scan_problem = Problem{Reason::denied, 0, ""};
  CHECK_FALSE(words::is_without_efa(view));
  view.host.emplace();
  view.host->efa_functions.emplace();
  CHECK(words::is_without_efa(view));
  view.host->efa_functions->resize(1);
  CHECK_FALSE(words::is_without_efa(view));
}

}  // namespace
}  // namespace efa::test
