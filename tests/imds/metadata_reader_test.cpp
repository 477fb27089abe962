#include "collectors/imds/metadata_reader.h"

#include <cerrno>

#include "collectors/imds/http_transport.h"
#include "tests/imds/fake_imds.h"
#include "tests/imds/metadata_fixture.h"
#include "tests/support/catch.h"

namespace efa::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Fixture = MetadataFixture;

std::string card_of(const InstanceMetadata& metadata, const std::string& mac) {
  const NetworkInterface* interface = metadata.find(mac);
  return interface == nullptr ? "no interface" : interface->network_card;
}

}  // namespace

TEST_CASE("an instance is what IMDS says it is") {
  Fixture fixture;
  const InstanceMetadata metadata = fixture.read();
  CHECK(metadata.source == IdentitySource::imds);
  CHECK(metadata.instance_id == "i-0123456789abcdef0");
  CHECK(metadata.instance_type == "p5.48xlarge");
  CHECK(metadata.image_id == "ami-0abcdef1234567890");
  CHECK(metadata.life_cycle == "on-demand");
  CHECK(metadata.availability_zone == "us-east-1d");
  CHECK(metadata.availability_zone_id == "use1-az4");
  CHECK(metadata.region == "us-east-1");
  CHECK(metadata.placement_group == "training");
  CHECK(metadata.partition_number == "3");
  CHECK(metadata.tags ==
        std::map<std::string, std::string>{{"Name", "node 17"}, {cluster_tag, "weather"}});
  CHECK_FALSE(metadata.problem);
}

TEST_CASE("each of the 32 EFA-only devices of a p5.48xlarge finds its interface by MAC") {
  Fixture fixture;
  const InstanceMetadata metadata = fixture.read();
  REQUIRE(metadata.interfaces.size() == 33);
  REQUIRE(fixture.instance.efa_macs.size() == 32);
  for (unsigned card = 0; card < 32; ++card) {
    const NetworkInterface* interface = metadata.find(fixture.instance.efa_macs[card]);
    REQUIRE(interface != nullptr);
    CHECK(interface->mac == fixture.instance.efa_macs[card]);
    CHECK(interface->interface_id.starts_with("eni-0aaaa02943d891b"));
    CHECK(interface->subnet_id == "subnet-0c0ffee0c0ffee001");
    CHECK(interface->vpc_id == "vpc-0123456789abcdef0");
    CHECK(interface->network_card == std::to_string(card));
    CHECK(interface->device_number == (card == 0 ? "1" : "0"));
    CHECK(interface->security_group_ids ==
          std::vector<std::string>{"sg-0aaaaaaaaaaaaaaa1", "sg-0bbbbbbbbbbbbbbb2"});
    CHECK_FALSE(interface->has_addresses);
  }
  CHECK(metadata.find("02:94:3d:89:1b:01")->has_addresses);
  CHECK(metadata.find("02:00:00:00:00:00") == nullptr);
}

TEST_CASE("a p5.48xlarge costs 213 requests at first, 36 each five minutes, none in between") {
  Fixture fixture;
  // A token, 9 of identity, 2 tags, the list; 6 of each interface, its one VPC, its one address.
  CHECK(fixture.requests_of_read() == 1 + 9 + 2 + 1 + 33 * 6 + 1 + 1);
  for (int i = 0; i < 19; ++i) {
    fixture.clock.advance(seconds(15));
    CHECK(fixture.requests_of_read() == 0);
  }
  fixture.clock.advance(seconds(15));
  CHECK(fixture.requests_of_read() == 2 + 1 + 33);
  CHECK(fixture.service.count("GET instance-id") == 0);
}

TEST_CASE("what IMDS did not tell an instance launched in 2019 is absent, and its region derived") {
  Fixture fixture("c5n.18xlarge");
  const InstanceMetadata metadata = fixture.read();
  CHECK(metadata.instance_type == "c5n.18xlarge");
  CHECK(metadata.region == "us-east-1");
  CHECK(metadata.availability_zone_id.empty());
  CHECK(metadata.placement_group.empty());
  CHECK(metadata.partition_number.empty());
  CHECK(metadata.life_cycle.empty());
  CHECK(metadata.tags.empty());
  CHECK_FALSE(metadata.problem);
  REQUIRE(metadata.interfaces.size() == 1);
  CHECK(metadata.interfaces[0].mac == fixture.instance.efa_macs[0]);
  CHECK(metadata.interfaces[0].network_card.empty());
  CHECK(metadata.interfaces[0].device_number == "0");
  CHECK(metadata.interfaces[0].has_addresses);
}

TEST_CASE("what is answered with nothing is an answer, and not asked for again") {
  Fixture fixture("c5n.18xlarge");
  fixture.read();
  fixture.clock.advance(minutes(5));
  CHECK(fixture.requests_of_read() == 4);  // two tags, the list, security groups
}

TEST_CASE("the EFA of an hpc7g.16xlarge is an interface with addresses") {
  Fixture fixture("hpc7g.16xlarge");
  const InstanceMetadata metadata = fixture.read();
  CHECK(metadata.placement_group == "hpc");
  CHECK(metadata.partition_number.empty());
  REQUIRE(metadata.interfaces.size() == 1);
  CHECK(metadata.interfaces[0].network_card == "0");
  CHECK(metadata.interfaces[0].has_addresses);
}

TEST_CASE("an address list without content is no address, an IPv6 one is") {
  Fixture fixture("hpc7g.16xlarge");
  const std::string folder = MadeInstance::folder_of(fixture.instance.efa_macs[0]);
  fixture.service.set(folder + "local-ipv4s", "");
  const std::string ipv6 = GENERATE("", "fd00::1");
  fixture.service.set(folder + "ipv6s", ipv6);
  CHECK(fixture.read().interfaces.at(0).has_addresses == !ipv6.empty());
}

TEST_CASE("the network card has either of the names it goes by") {
  Fixture fixture("hpc7g.16xlarge");
  const std::string folder = MadeInstance::folder_of(fixture.instance.efa_macs[0]);
  fixture.service.remove(folder + "network-card").set(folder + "network-card-index", "7");
  CHECK(fixture.read().interfaces.at(0).network_card == "7");
}

TEST_CASE("a VPC is asked for once for each subnet") {
  Fixture fixture;
  const std::string folder = MadeInstance::folder_of(fixture.instance.efa_macs[5]);
  fixture.service.set(folder + "subnet-id", "subnet-2").set(folder + "vpc-id", "vpc-2");
  const InstanceMetadata metadata = fixture.read();
  CHECK(metadata.find(fixture.instance.efa_macs[5])->vpc_id == "vpc-2");
  CHECK(metadata.find(fixture.instance.efa_macs[6])->vpc_id == "vpc-0123456789abcdef0");
}

TEST_CASE("security groups and tags are as of the last five minutes") {
  Fixture fixture("hpc7g.16xlarge");
  fixture.read();
  const std::string folder = MadeInstance::folder_of(fixture.instance.efa_macs[0]);
  fixture.service.set(folder + "security-group-ids", "sg-3")
      .set("tags/instance/Name", "renamed")
      .remove(std::string("tags/instance/") + cluster_tag);
  fixture.clock.advance(minutes(5) - seconds(1));
  CHECK(fixture.read().tags.at("Name") == "node 17");
  fixture.clock.advance(seconds(1));
  const InstanceMetadata metadata = fixture.read();
  CHECK(metadata.interfaces.at(0).security_group_ids == std::vector<std::string>{"sg-3"});
  CHECK(metadata.tags == std::map<std::string, std::string>{{"Name", "renamed"}});
}

TEST_CASE("tags that are off are absent and no problem") {
  Fixture fixture;
  fixture.service.remove("tags");
  const InstanceMetadata metadata = fixture.read();
  CHECK(metadata.tags.empty());
  CHECK_FALSE(metadata.problem);
}

TEST_CASE("tags that IMDS was too busy to tell are asked for as soon as it is not") {
  Fixture fixture;
  fixture.service.answer_data(503, 1, "tags/instance/Name");
  CHECK(fixture.read().tags.empty());
  fixture.clock.advance(seconds(1));
  CHECK(fixture.read().tags.size() == 2);
}

TEST_CASE("a tag key that IMDS cannot show is not asked for") {
  Fixture fixture;
  MetadataReader reader(fixture.files, fixture.transport, fixture.clock,
                        {fixture.dir.path().string(),
                         {},
                         {"a/b", "a b", "..", "../../iam/info", "", "_index", "x%2f", "Name"}});
  CHECK(reader.read({}).tags == std::map<std::string, std::string>{{"Name", "node 17"}});
  for (const std::string& request : fixture.service.requests()) {
    CHECK((!request.starts_with("GET tags/") || request == "GET tags/instance/Name"));
  }
}

TEST_CASE(
    "an interface that is attached later is found within half a minute, one that goes is gone") {
  Fixture fixture("hpc7g.16xlarge");
  fixture.read();
  const std::string mac = "02:00:00:00:00:99";
  fixture.instance.efa_macs.push_back(mac);
  fixture.clock.advance(seconds(30));
  CHECK(fixture.read().find(mac) == nullptr);

  attach_efa_only(fixture.instance, mac, 1, 1);
  fixture.service.become(fixture.instance.tree);
  fixture.clock.advance(seconds(29));
  CHECK(fixture.requests_of_read() == 0);
  fixture.clock.advance(seconds(1));
  CHECK(card_of(fixture.read(), mac) == "1");

  fixture.service.remove("network/interfaces/macs/" + mac);
  fixture.clock.advance(minutes(5));
  CHECK(fixture.read().find(mac) == nullptr);
}

TEST_CASE("an interface that is listed but not described yet is asked for again") {
  Fixture fixture("hpc7g.16xlarge");
  const std::string id = MadeInstance::folder_of(fixture.instance.efa_macs[0]) + "interface-id";
  fixture.service.remove(id);
  CHECK(fixture.read().interfaces.empty());
  CHECK_FALSE(fixture.read().interfaces_complete);
  fixture.service.set(id, "eni-1");
  CHECK(fixture.requests_of_read() == 0);
  fixture.clock.advance(seconds(30));
  CHECK(fixture.read().interfaces.at(0).interface_id == "eni-1");
}

TEST_CASE("a MAC that IMDS never knows is asked for ever more rarely") {
  Fixture fixture("hpc7g.16xlarge");
  fixture.instance.efa_macs.assign({"02:00:00:00:00:99"});
  fixture.read();
  std::vector<int> asked_after;
  int last = 0;
  for (int second = 1; second <= 1000; ++second) {
    fixture.clock.advance(seconds(1));
    fixture.service.forget_requests();
    fixture.read();
    if (fixture.service.count("GET network/interfaces/macs/") > 0) {
      asked_after.push_back(second - last);
      last = second;
    }
  }
  CHECK(asked_after == std::vector<int>{30, 60, 120, 240, 300});
}

TEST_CASE("an interface's facts are read again after an hour") {
  Fixture fixture("hpc7g.16xlarge");
  fixture.read();
  const std::string folder = MadeInstance::folder_of(fixture.instance.efa_macs[0]);
  fixture.service.set(folder + "device-number", "4");
  fixture.clock.advance(minutes(59));
  CHECK(fixture.read().interfaces.at(0).device_number == "0");
  fixture.clock.advance(minutes(1));
  CHECK(fixture.read().interfaces.at(0).device_number == "4");
}

TEST_CASE("of many interfaces those of EFA devices are read, and 64 in all") {
  Fixture fixture("hpc7g.16xlarge");
  for (unsigned i = 0; i < 100; ++i) {
    attach_efa_only(fixture.instance, "00:00:00:00:00:" + std::to_string(100 + i).substr(1), i, 1);
  }
  fixture.service.become(fixture.instance.tree);
  const InstanceMetadata metadata = fixture.read();
  CHECK(metadata.interfaces.size() == 64);
  CHECK_FALSE(metadata.interfaces_complete);
  CHECK(metadata.find(fixture.instance.efa_macs[0]) != nullptr);
}

TEST_CASE("names on the list that are no MACs are left alone") {
  Fixture fixture("hpc7g.16xlarge");
  fixture.service.set("network/interfaces/macs/evil/interface-id", "eni-1")
      .set("network/interfaces/macs/../interface-id", "eni-2");
  CHECK(fixture.read().interfaces.size() == 1);
  CHECK(fixture.read().interfaces_complete);
  CHECK(fixture.service.count("GET network/interfaces/macs/evil/") == 0);
}

TEST_CASE("over HTTP a p5.48xlarge is read on one connection") {
  MadeInstance instance = make_instance("p5.48xlarge");
  MetadataService service(instance.tree);
  FakeImds imds(service, GENERATE("127.0.0.1", "::1"));
  imds.behave(GENERATE(FakeImds::Manner::proper, FakeImds::Manner::chunked));
  const TempDir dir;
  PosixFiles files;
  const ManualClock clock;  // the round takes as long as it takes
  constexpr seconds patience{20};
  HttpTransport transport({patience, patience});
  MetadataReader reader(files, transport, clock,
                        {dir.path().string(), {imds.url(), "", ""}, {"Name"}});
  const InstanceMetadata metadata = reader.read(instance.efa_macs);
  CHECK_FALSE(metadata.problem);
  CHECK(metadata.tags.at("Name") == "node 17");
  REQUIRE(metadata.interfaces.size() == 33);
  CHECK(card_of(metadata, instance.efa_macs[31]) == "31");
  CHECK(imds.connections() == 1);
}

}  // namespace efa::test
