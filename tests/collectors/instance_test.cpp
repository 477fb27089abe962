#include "collectors/instance.h"

#include "tests/support/catch.h"
#include "tests/support/recording_sink.h"

namespace efa::test {
namespace {

TEST_CASE("the instance has one info series with what is configured") {
  Config::Instance known;
  known.instance_id = "i-0123456789abcdef0";
  known.instance_type = "p5.48xlarge";
  known.availability_zone = "us-east-1a";
  known.availability_zone_id = "use1-az1";
  known.region = "us-east-1";
  known.placement_group = "cluster";
  known.image_id = "ami-1";
  Instance collector(known);
  RecordingSink plan;
  collector.describe({}, plan);
  REQUIRE(plan.series().size() == 1);
  CHECK(plan.series()[0].name == "efa_instance_info");
  CHECK(plan.series()[0].value == 1);
  CHECK(plan.series()[0].labels ==
        R"(instance_id="i-0123456789abcdef0",instance_type="p5.48xlarge",)"
        R"(availability_zone="us-east-1a",availability_zone_id="use1-az1",region="us-east-1",)"
        R"(placement_group="cluster",image_id="ami-1")");
  CHECK(collector.collect({}, plan));
  CHECK(plan.series().size() == 1);
}

}  // namespace
}  // namespace efa::test
