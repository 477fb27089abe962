#include <cerrno>

#include "collectors/imds/metadata_reader.h"
#include "tests/imds/metadata_fixture.h"
#include "tests/support/catch.h"

namespace efa::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Fixture = MetadataFixture;

}  // namespace

TEST_CASE("what was known stays when IMDS fails, and the problem is told") {
  Fixture fixture;
  fixture.read();
  fixture.transport.fail(ETIMEDOUT);
  fixture.clock.advance(minutes(5));
  const InstanceMetadata metadata = fixture.read();
  REQUIRE(metadata.problem);
  CHECK(metadata.problem->reason == Reason::timeout);
  CHECK(metadata.instance_id == "i-0123456789abcdef0");
  CHECK(metadata.tags.size() == 2);
  CHECK(metadata.interfaces.size() == 33);
  CHECK(metadata.interfaces[0].security_group_ids.size() == 2);

  // While it waits it asks nothing, and goes on telling.
  CHECK(fixture.requests_of_read() == 0);
  CHECK(fixture.read().problem);
  fixture.transport.fail(0, 0);
  fixture.clock.advance(seconds(30));
  CHECK_FALSE(fixture.read().problem);
}

TEST_CASE("a refresh that is throttled goes on where it was, with nothing asked twice") {
  Fixture fixture;
  Fixture undisturbed;
  const std::size_t needed = undisturbed.requests_of_read();
  fixture.service.answer_data(503, 1, fixture.instance.efa_macs[20] + "/subnet-id");
  const InstanceMetadata first = fixture.read();
  REQUIRE(first.problem);
  CHECK(first.problem->message().ends_with("/subnet-id: HTTP status 503"));
  CHECK(first.instance_type == "p5.48xlarge");
  CHECK(first.interfaces.size() == 20);
  CHECK_FALSE(first.interfaces_complete);
  CHECK(fixture.read().interfaces.size() == 20);
  fixture.clock.advance(seconds(1));
  const InstanceMetadata second = fixture.read();
  CHECK_FALSE(second.problem);
  CHECK(second.interfaces.size() == 33);
  CHECK(second.interfaces_complete);
  CHECK(fixture.service.count() <= needed + 5);  // up to where it failed, of that one
}

TEST_CASE("a refresh that takes too long goes on at the next reading") {
  Fixture fixture;
  fixture.transport.before_each([&] { fixture.clock.advance(std::chrono::milliseconds(200)); });
  const InstanceMetadata first = fixture.read();
  CHECK(first.instance_type == "p5.48xlarge");
  CHECK(first.interfaces.size() < 10);
  CHECK_FALSE(first.problem);
  CHECK_FALSE(first.interfaces_complete);
  std::size_t before = first.interfaces.size();
  for (int i = 0; i < 10 && before < 33; ++i) {
    const std::size_t now = fixture.read().interfaces.size();
    CHECK(now > before);
    before = now;
  }
  CHECK(before == 33);
}

TEST_CASE("one value that cannot be is absent and told, all others are there") {
  Fixture fixture;
  fixture.service.set("placement/group-name", std::string(5000, 'x'));
  const InstanceMetadata metadata = fixture.read();
  CHECK(metadata.placement_group.empty());
  CHECK(metadata.image_id == "ami-0abcdef1234567890");
  CHECK(metadata.interfaces.size() == 33);
  REQUIRE(metadata.problem);
  CHECK(metadata.problem->message() == "placement/group-name: Message too long");
  CHECK(fixture.requests_of_read() == 0);
  CHECK(fixture.read().problem);

  fixture.service.set("placement/group-name", "training");
  fixture.clock.advance(minutes(5));
  CHECK(fixture.read().placement_group == "training");
}

TEST_CASE("without IMDS type and ID are those of DMI, and nothing else is known") {
  Fixture fixture;
  fixture.dmi("Amazon EC2", "p5.48xlarge", "i-0fedcba9876543210");
  fixture.transport.fail(ETIMEDOUT);
  const InstanceMetadata metadata = fixture.read();
  CHECK(metadata.source == IdentitySource::dmi);
  CHECK(metadata.instance_id == "i-0fedcba9876543210");
  CHECK(metadata.instance_type == "p5.48xlarge");
  CHECK(metadata.region.empty());
  CHECK(metadata.availability_zone.empty());
  CHECK(metadata.interfaces.empty());
  CHECK_FALSE(metadata.interfaces_complete);
  REQUIRE(metadata.problem);
  CHECK(metadata.problem->reason == Reason::timeout);
}

TEST_CASE("IMDS goes before DMI as soon as it answers") {
  Fixture fixture;
  fixture.dmi("Amazon EC2", "p5.48xlarge", "i-0fedcba9876543210");
  fixture.transport.fail(ENETUNREACH, 2);
  CHECK(fixture.read().source == IdentitySource::dmi);
  fixture.clock.advance(seconds(1));
  const InstanceMetadata metadata = fixture.read();
  CHECK(metadata.source == IdentitySource::imds);
  CHECK(metadata.instance_id == "i-0123456789abcdef0");
}

TEST_CASE("a host that is certainly not EC2 is asked nothing, and its DMI is not taken for EC2's") {
  Fixture fixture;
  fixture.dmi("QEMU", "Standard PC (Q35 + ICH9, 2009)", "i-am-not-an-instance");
  const InstanceMetadata metadata = fixture.read();
  CHECK(metadata.source == IdentitySource::none);
  CHECK(metadata.instance_id.empty());
  CHECK(metadata.instance_type.empty());
  CHECK_FALSE(metadata.problem);
  CHECK(fixture.transport.hosts.empty());
}

TEST_CASE("a set endpoint is asked wherever the host is") {
  Fixture fixture("p5.48xlarge", {"http://localhost:1338", "", ""});
  fixture.dmi("QEMU", "Standard PC", "none");
  CHECK(fixture.read().instance_type == "p5.48xlarge");
  CHECK(fixture.transport.hosts.front() == "localhost");
}

TEST_CASE("IMDS that is turned off is asked nothing, and DMI tells what it can") {
  Fixture fixture("p5.48xlarge", {"", "", "true"});
  fixture.dmi("Amazon EC2", "p5.48xlarge", "i-0fedcba9876543210");
  const InstanceMetadata metadata = fixture.read();
  CHECK(metadata.source == IdentitySource::dmi);
  CHECK_FALSE(metadata.problem);
  CHECK(fixture.transport.hosts.empty());
}

TEST_CASE("an endpoint that is none is told each time, and DMI tells what it can") {
  Fixture fixture("p5.48xlarge", {"https://localhost", "", ""});
  fixture.dmi("Amazon EC2", "p5.48xlarge", "i-0fedcba9876543210");
  for (int i = 0; i < 2; ++i) {
    const InstanceMetadata metadata = fixture.read();
    CHECK(metadata.instance_type == "p5.48xlarge");
    REQUIRE(metadata.problem);
    CHECK(metadata.problem->message().starts_with("AWS_EC2_METADATA_SERVICE_ENDPOINT: "));
  }
  CHECK(fixture.transport.hosts.empty());
}

TEST_CASE("an instance that answers neither way is not known, never called so") {
  Fixture fixture;
  fixture.dmi("Amazon EC2", "p5.48xlarge", "i-0fedcba9876543210");
  fixture.files.fail_open("product_name", EACCES);
  fixture.files.fail_open("board_asset_tag", EACCES);
  fixture.transport.fail(ETIMEDOUT);
  const InstanceMetadata metadata = fixture.read();
  CHECK(metadata.source == IdentitySource::none);
  CHECK(metadata.instance_id.empty());
  CHECK(metadata.instance_type.empty());
}

TEST_CASE("what a metal instance's firmware says beside type and ID is not taken for them") {
  Fixture fixture;
  fixture.dmi("Amazon EC2", "Not Specified", "Amazon EC2");
  fixture.transport.fail(ETIMEDOUT);
  CHECK(fixture.read().source == IdentitySource::none);
}

TEST_CASE("the connection is let go after a refresh") {
  Fixture fixture;
  fixture.read();
  CHECK(fixture.transport.disconnects == 1);
  fixture.read();
  CHECK(fixture.transport.disconnects == 1);
}

TEST_CASE("no credentials are read, whatever the lists say") {
  Fixture fixture;
  fixture.read();
  fixture.clock.advance(hours(2));
  fixture.read();
  for (const std::string& request : fixture.service.requests()) {
    CHECK(request.find("iam") == std::string::npos);
  }
}

TEST_CASE("a region is the beginning of its zones' names") {
  CHECK(region_of_zone("us-east-1a") == "us-east-1");
  CHECK(region_of_zone("us-gov-west-1b") == "us-gov-west-1");
  CHECK(region_of_zone("ap-southeast-12c") == "ap-southeast-12");
  CHECK(region_of_zone("us-west-2-lax-1a") == "us-west-2");
  CHECK(region_of_zone("us-east-1-wl1-bos-wlz-1") == "us-east-1");
  CHECK(region_of_zone("").empty());
  CHECK(region_of_zone("nova").empty());
  CHECK(region_of_zone("1").empty());
}

}  // namespace efa::test
