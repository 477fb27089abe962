#include "tests/lab/efa_device/faults.h"

#include "tests/support/catch.h"

namespace efa::lab {
namespace {

TEST_CASE("commands are swallowed as often as was said") {
  AdminFaults faults;
  CHECK_FALSE(faults.swallows());
  faults.stall(2);
  CHECK(faults.swallows());
  CHECK(faults.swallows());
  CHECK_FALSE(faults.swallows());
  faults.stall(AdminFaults::always);
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(faults.swallows());
  }
  faults.stall(0);
  CHECK_FALSE(faults.swallows());
}

TEST_CASE("commands of a number fail as often as was said, others do not") {
  AdminFaults faults;
  faults.fail(13, AdminStatus::unknown_error, 2);
  CHECK_FALSE(faults.failure_of(12));
  CHECK(faults.failure_of(13) == AdminStatus::unknown_error);
  CHECK(faults.failure_of(13) == AdminStatus::unknown_error);
  CHECK_FALSE(faults.failure_of(13));
}

TEST_CASE("number 0 stands for any command") {
  AdminFaults faults;
  faults.fail(0, AdminStatus::resource_busy, AdminFaults::always);
  CHECK(faults.failure_of(1) == AdminStatus::resource_busy);
  CHECK(faults.failure_of(255) == AdminStatus::resource_busy);
}

TEST_CASE("failures are used up one after the other") {
  AdminFaults faults;
  faults.fail(13, AdminStatus::bad_opcode, 1);
  faults.fail(0, AdminStatus::illegal_parameter, 1);
  CHECK(faults.failure_of(13) == AdminStatus::bad_opcode);
  CHECK(faults.failure_of(13) == AdminStatus::illegal_parameter);
  CHECK_FALSE(faults.failure_of(13));
}

TEST_CASE("a failure that never happens is none") {
  AdminFaults faults;
  faults.fail(13, AdminStatus::bad_opcode, 0);
  CHECK_FALSE(faults.failure_of(13));
}

TEST_CASE("healing ends all of it") {
  AdminFaults faults;
  faults.stall(AdminFaults::always);
  faults.fail(0, AdminStatus::bad_opcode, AdminFaults::always);
  faults.delay(std::chrono::microseconds(5));
  CHECK(faults.delay() == std::chrono::microseconds(5));
  faults.heal();
  CHECK_FALSE(faults.swallows());
  CHECK_FALSE(faults.failure_of(1));
  CHECK(faults.delay() == std::chrono::microseconds(0));
}

}  // namespace
}  // namespace efa::lab
