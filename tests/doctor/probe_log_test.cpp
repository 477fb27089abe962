#include "agent/probe/probe_log.h"

#include <cerrno>

#include "tests/support/catch.h"

namespace efa::test {
namespace {

TEST_CASE("a device's steps are told in order, with the name of the errno of one that failed") {
  ProbeLog log("efa_0", "/dev/infiniband/uverbs0");
  log.begin(ProbeStep::open_device);
  log.end(0);
  log.begin(ProbeStep::query_device);
  log.end(ENOMEM);
  const auto device = log.told();
  REQUIRE(device);
  CHECK(device->name == "efa_0");
  CHECK(device->node == "/dev/infiniband/uverbs0");
  REQUIRE(device->steps.size() == 2);
  CHECK(device->steps[0].outcome == ProbeOutcome::ok);
  CHECK(device->steps[0].error.empty());
  CHECK(device->steps[0].milliseconds >= 0);
  CHECK(device->steps[1].outcome == ProbeOutcome::failed);
  CHECK(device->steps[1].error == "ENOMEM");
  CHECK(device->steps[1].text == "Cannot allocate memory");
  CHECK(device->trouble() == &device->steps[1]);
  CHECK_FALSE(device->offers);
}

TEST_CASE("a step that has begun and not ended is stuck, and no more once it has") {
  ProbeLog log("efa_0", "");
  log.begin(ProbeStep::open_device);
  CHECK(log.told()->steps.at(0).outcome == ProbeOutcome::stuck);
  log.end(0);
  CHECK(log.told()->steps.at(0).outcome == ProbeOutcome::ok);
  CHECK(log.told()->trouble() == nullptr);
}

TEST_CASE("an errno without a name is told by its number") {
  ProbeLog log("efa_0", "");
  log.begin(ProbeStep::open_device);
  log.end(4095);
  CHECK(log.told()->steps.at(0).error == "errno 4095");
  CHECK(log.told()->steps.at(0).text == "unknown error");
}

TEST_CASE("nothing is told of a device that is no EFA") {
  ProbeLog log("mlx5_0", "");
  log.begin(ProbeStep::open_device);
  log.end(0);
  log.set_no_efa();
  CHECK_FALSE(log.told());
}

}  // namespace
}  // namespace efa::test
