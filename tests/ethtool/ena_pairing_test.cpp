#include <memory>
#include <string>
#include <vector>

#include "collectors/ena.h"
#include "tests/ethtool/ena_fixture.h"
#include "tests/support/catch.h"

namespace efa::test {
namespace {

using std::chrono::seconds;
using Cards = Ena::NetworkCards;

constexpr auto mac_efa_only = "02:00:00:00:00:e0";

std::shared_ptr<const DeviceLayout> efa(const std::string& name, const std::string& mac) {
  auto layout = std::make_shared<DeviceLayout>();
  layout->attributes.name = name;
  layout->attributes.mac = mac;
  return layout;
}

TEST_CASE("an EFA belongs to the ENA of its MAC") {
  EnaFixture f;
  f.devices({efa("rdmap0s6", mac_6), efa("rdmap0s7", mac_efa_only), efa("rdmap0s8", "")});
  const Scrape sink = f.collect();
  CHECK(sink->find("ena_info", info_5("", "")));
  CHECK(sink->find("ena_info", info_6("", "rdmap0s6")));
  CHECK(f.asked_for == std::vector<std::string>{mac_5, mac_6});
}

TEST_CASE("an interface whose MAC is not known has no EFA whose MAC is not known") {
  EnaReading reading = two_interfaces();
  reading.interfaces = {made_interface("ens5", "", ena_2_17("0000:00:05.0"))};
  EnaFixture f(reading);
  f.devices({efa("rdmap0s6", "")});
  CHECK(f.collect()->find("ena_info", info("ens5", "", "0000:00:05.0", "", "")));
}

TEST_CASE(
    "an EFA with a MAC of its own belongs to the ENA of its network card, once that is known") {
  EnaFixture f;
  f.devices({efa("rdmap0s7", mac_efa_only)});
  CHECK(f.collect()->find("ena_info", info_6("", "")));

  f.cards = std::make_shared<const Cards>(Cards{{mac_5, "0"}, {mac_6, "1"}});
  CHECK(f.collect()->find("ena_info", info_6("1", "")));

  f.cards = std::make_shared<const Cards>(Cards{{mac_5, "0"}, {mac_6, "1"}, {mac_efa_only, "1"}});
  const Scrape sink = f.collect();
  CHECK(sink->find("ena_info", info_5("0", "")));
  CHECK(sink->find("ena_info", info_6("1", "rdmap0s7")));

  f.cards.reset();
  CHECK(f.collect()->find("ena_info", info_6("", "")));
}

TEST_CASE("cards that are empty texts are no common card") {
  EnaFixture f;
  f.devices({efa("rdmap0s7", mac_efa_only)});
  f.cards = std::make_shared<const Cards>(Cards{{mac_5, ""}, {mac_6, ""}, {mac_efa_only, ""}});
  CHECK(f.collect()->find("ena_info", info_5("", "")));
}

TEST_CASE("the MAC tells before the card does") {
  EnaFixture f;
  f.devices({efa("rdmap0s7", mac_efa_only), efa("rdmap0s6", mac_5)});
  f.cards = std::make_shared<const Cards>(Cards{{mac_5, "0"}, {mac_6, "0"}, {mac_efa_only, "0"}});
  const Scrape sink = f.collect();
  CHECK(sink->find("ena_info", info_5("0", "rdmap0s6")));
  CHECK(sink->find("ena_info", info_6("0", "rdmap0s7")));  // the other one has its ENA
}

TEST_CASE("two interfaces of a card with one EFA belong to it, with two EFAs to neither") {
  EnaFixture f;
  f.cards = std::make_shared<const Cards>(
      Cards{{mac_5, "0"}, {mac_6, "0"}, {mac_efa_only, "0"}, {"02:00:00:00:00:e1", "0"}});
  f.devices({efa("rdmap0s6", mac_5)});
  CHECK(f.collect()->find("ena_info", info_6("0", "rdmap0s6")));
  f.devices({efa("rdmap0s7", mac_efa_only), efa("rdmap0s8", "02:00:00:00:00:e1")});
  CHECK(f.collect()->find("ena_info", info_6("0", "")));
}

TEST_CASE("a device that is renamed or gone is so at once") {
  EnaFixture f;
  f.devices({efa("rdmap0s6", mac_6)});
  CHECK(f.collect()->find("ena_info", info_6("", "rdmap0s6")));
  f.devices({efa("efa_0", mac_6)});
  CHECK(f.collect()->find("ena_info", info_6("", "efa_0")));
  f.devices({});
  CHECK(f.collect()->find("ena_info", info_6("", "")));
}

TEST_CASE("nobody to ask for network cards is no harm") {
  const auto clock = std::make_shared<ManualClock>();
  Ena ena(std::make_shared<EnaRefresher>(
              [clock](const std::monostate&) { return two_interfaces(); }, *clock, seconds(10)),
          {}, *clock, seconds(10), seconds(60));
  RecordingSink sink;
  CHECK(ena.collect(Reading(), sink));
  CHECK(sink.find("ena_info", info_5("", "")));
}

}  // namespace
}  // namespace efa::test
