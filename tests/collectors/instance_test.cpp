#include "collectors/instance.h"

#include "tests/support/catch.h"
#include "tests/support/recording_sink.h"

namespace efa::test {
namespace {

struct Fixture {
  std::shared_ptr<KnownInstance> instance = std::make_shared<KnownInstance>();
  RecordingSink sink;

  void collect() { CHECK(Instance(instance).collect({}, sink)); }
  [[nodiscard]] const RecordingSink::Series* of(std::string_view name) const {
    for (const auto& series : sink.series()) {
      if (series.name == name) {
        return &series;
      }
    }
    return nullptr;
  }
};

TEST_CASE("the instance has one info series with what is configured") {
  Fixture f;
  Config::Instance known;
  known.instance_id = "i-0123456789abcdef0";
  known.instance_type = "p5.48xlarge";
  known.availability_zone = "us-east-1a";
  known.availability_zone_id = "use1-az1";
  known.region = "us-east-1";
  known.placement_group = "cluster";
  known.image_id = "ami-1";
  known.node_name = "node-7";
  f.instance->configure(known);
  f.collect();
  REQUIRE(f.of("efa_instance_info") != nullptr);
  CHECK(f.of("efa_instance_info")->value == 1);
  CHECK(f.of("efa_instance_info")->labels ==
        R"(instance_id="i-0123456789abcdef0",instance_type="p5.48xlarge",)"
        R"(availability_zone="us-east-1a",availability_zone_id="use1-az1",region="us-east-1",)"
        R"(placement_group="cluster",image_id="ami-1",node_name="node-7")");
}

TEST_CASE("what is configured counts before what EC2 says, which counts where nothing is") {
  Fixture f;
  Config::Instance known;
  known.instance_id = "mine";
  f.instance->configure(known);
  InstanceMetadata metadata;
  metadata.instance_id = "i-1";
  metadata.region = "eu-west-1";
  f.instance->learn(metadata);
  CHECK(f.instance->identity("instance_id") == "mine");
  CHECK(f.instance->identity("region") == "eu-west-1");
  CHECK(f.instance->identity("image_id").empty());
  CHECK(f.instance->identity("no such label").empty());
  f.instance->configure({});
  CHECK(f.instance->identity("instance_id") == "i-1");
}

TEST_CASE("the version changes with what is known, and not with what goes wrong") {
  KnownInstance instance;
  instance.configure({});
  InstanceMetadata metadata;
  metadata.instance_id = "i-1";
  instance.learn(metadata);
  const auto version = instance.version();
  metadata.problem = Error::from_errno(ETIMEDOUT);
  instance.learn(metadata);
  CHECK(instance.version() == version);
  metadata.region = "eu-west-1";
  instance.learn(metadata);
  CHECK(instance.version() != version);
}

TEST_CASE("tags stand on the info series under names that Prometheus takes, each once") {
  Fixture f;
  InstanceMetadata metadata;
  metadata.instance_id = "i-1";
  metadata.tags = {{"Name", "trainer"}, {"aws:cluster", "a"}, {"aws_cluster", "b"}};
  f.instance->learn(metadata);
  f.collect();
  CHECK_THAT(f.of("efa_instance_info")->labels,
             Catch::EndsWith(R"(tag_Name="trainer",tag_aws_cluster="a")"));
  CHECK(tag_label("aws:parallelcluster:cluster-name") == "tag_aws_parallelcluster_cluster_name");
  CHECK(tag_label("k\u00e4se") == "tag_k__se");
}

TEST_CASE("of an instance of which nothing is known nothing is told") {
  Fixture f;
  f.instance->configure({});
  f.collect();
  CHECK(f.sink.series().empty());
}

TEST_CASE("the table tells what is published of the type") {
  Fixture f;
  Config::Instance known;
  known.instance_type = "c5n.18xlarge";
  f.instance->configure(known);
  f.collect();
  CHECK(f.sink.find("efa_instance_supported", R"(instance_type="c5n.18xlarge")")->value == 1);
  CHECK(f.sink.find("efa_instance_network_bytes_per_second")->value == 12.5e9);
  CHECK(f.of("efa_instance_type_info")->labels ==
        R"(instance_type="c5n.18xlarge",generation="v1",nitro_version="v3",rdma_read="no",)"
        R"(rdma_write="no",accelerator="",first_of_2019="yes")");
}

TEST_CASE("a type that is not in the table is no fault") {
  Fixture f;
  Config::Instance known;
  known.instance_type = "x9.48xlarge";
  f.instance->configure(known);
  f.collect();
  CHECK(f.sink.find("efa_instance_supported", R"(instance_type="x9.48xlarge")")->value == 0);
  CHECK(f.of("efa_instance_type_info") == nullptr);
  CHECK(f.of("efa_instance_network_bytes_per_second") == nullptr);
}

}  // namespace
}  // namespace efa::test
