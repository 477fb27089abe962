#include "collectors/ethtool/ethtool.h"

#include <linux/ethtool.h>

#include <cerrno>
#include <random>
#include <utility>

#include "tests/ethtool/fake_ethtool.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace efa::test {
namespace {

constexpr auto pci = "0000:00:05.0";

bool all(std::string_view /*name*/) { return true; }

struct Fixture {
  FakeEthtool ethtool;
  ManualClock clock;

  explicit Fixture(FakeEthtool::Interface interface = ena_2_17(pci)) {
    ethtool.interfaces["ens5"] = std::move(interface);
  }
  FakeEthtool::Interface& ens5() { return ethtool.interfaces["ens5"]; }
  StatisticsReader reader(StatisticsReader::Wanted wanted = all) {
    return {ethtool, clock, "ens5", "ena", pci, std::move(wanted)};
  }
};

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// What an interface has, by name.
std::map<std::string, std::uint64_t> values_of(const Statistics& statistics) {
  std::map<std::string, std::uint64_t> values;
  REQUIRE(statistics.names);
  REQUIRE(statistics.names->size() == statistics.values.size());
  for (std::size_t i = 0; i < statistics.values.size(); ++i) {
    REQUIRE(statistics.values[i]);
    values[(*statistics.names)[i]] = *statistics.values[i];
  }
  return values;
}

std::map<std::string, std::uint64_t> values_of(const FakeEthtool::Interface& interface) {
  return {interface.statistics.begin(), interface.statistics.end()};
}

TEST_CASE("every statistic is found by its name, whichever driver and order") {
  for (const auto& made : {ena_2_2_10(pci), ena_2_17(pci), ena_2_17(pci, 32)}) {
    Fixture f(made);
    auto reader = f.reader();
    const auto statistics = reader.read();
    REQUIRE(statistics);
    CHECK(values_of(*statistics) == values_of(made));
  }
}

TEST_CASE("driver, version and PCI address are told") {
  Fixture f(ena_2_2_10(pci));
  const auto driver = read_driver(f.ethtool, "ens5");
  REQUIRE(driver);
  CHECK(*driver == EthtoolDriver{"ena", "2.2.10g", pci});
}

TEST_CASE("texts of a driver that fill their field have no NUL") {
  Fixture f;
  f.ens5().driver = std::string(40, 'x');
  const auto driver = read_driver(f.ethtool, "ens5");
  REQUIRE(driver);
  CHECK(driver->name == std::string(32, 'x'));
}

TEST_CASE("a reading is one ioctl as long as nothing changes") {
  Fixture f;
  auto reader = f.reader();
  const auto first = reader.read();
  REQUIRE(first);
  CHECK(f.ethtool.asked == std::vector<std::uint32_t>{ETHTOOL_GDRVINFO, ETHTOOL_GSSET_INFO,
                                                      ETHTOOL_GSTRINGS, ETHTOOL_GSTATS});
  f.ethtool.asked.clear();
  f.ens5().value("tx_timeout") = 77;
  const auto second = reader.read();
  REQUIRE(second);
  CHECK(f.ethtool.asked == std::vector<std::uint32_t>{ETHTOOL_GSTATS});
  CHECK(second->names == first->names);
  CHECK(values_of(*second).at("tx_timeout") == 77);
}

TEST_CASE("names are read again now and then, as their order may change and their number not") {
  Fixture f;
  auto reader = f.reader();
  const auto first = reader.read();
  REQUIRE(first);
  std::swap(f.ens5().statistics.front(), f.ens5().statistics.back());
  f.clock.advance(StatisticsReader::names_age);
  const auto second = reader.read();
  REQUIRE(second);
  CHECK(values_of(*second) == values_of(f.ens5()));
  CHECK(second->names != first->names);

  f.clock.advance(StatisticsReader::names_age);
  const auto third = reader.read();
  REQUIRE(third);
  CHECK(f.ethtool.times(ETHTOOL_GSTRINGS) == 3);
  CHECK(third->names == second->names);  // nothing new: the same
}

TEST_CASE("only what is wanted is kept") {
  Fixture f;
  auto reader = f.reader([](std::string_view name) { return name.starts_with("ena_srd_"); });
  const auto statistics = reader.read();
  REQUIRE(statistics);
  const auto values = values_of(*statistics);
  CHECK(values.size() == 5);
  CHECK(values.at("ena_srd_mode") == f.ens5().value("ena_srd_mode"));
}

// A kernel that knows how much room there is, and one that does not.
void set_queues(Fixture& f, unsigned queues) { f.ens5() = ena_2_17(pci, queues); }

TEST_CASE("queues that come or go are noticed before values are taken for others'") {
  const bool compares_sizes = GENERATE(false, true);
  const auto queues = GENERATE(1U, 3U, 32U);
  CAPTURE(compares_sizes, queues);
  Fixture f;
  f.ethtool.compares_sizes = compares_sizes;
  auto reader = f.reader();
  REQUIRE(reader.read());
  set_queues(f, queues);
  const auto statistics = reader.read();
  REQUIRE(statistics);
  CHECK(values_of(*statistics) == values_of(f.ens5()));
}

TEST_CASE("queues that change in the middle of a reading are read again") {
  const bool compares_sizes = GENERATE(false, true);
  const auto during = GENERATE(as<std::uint32_t>{}, ETHTOOL_GSTRINGS, ETHTOOL_GSTATS);
  const auto queues = GENERATE(1U, 8U);
  CAPTURE(compares_sizes, during, queues);
  Fixture f;
  f.ethtool.compares_sizes = compares_sizes;
  f.ethtool.before = [&](std::uint32_t command) {
    if (command == during) {
      set_queues(f, queues);
    }
  };
  auto reader = f.reader();
  const auto statistics = reader.read();
  REQUIRE(statistics);
  CHECK(values_of(*statistics) == values_of(ena_2_17(pci, queues)));
}

TEST_CASE("statistics that change for ever are given up, and asked for again the next time") {
  const bool compares_sizes = GENERATE(false, true);
  const auto during = GENERATE(as<std::uint32_t>{}, ETHTOOL_GSTRINGS, ETHTOOL_GSTATS);
  const bool grows = GENERATE(false, true);
  CAPTURE(compares_sizes, during, grows);
  Fixture f;
  f.ethtool.compares_sizes = compares_sizes;
  unsigned queues = 40;
  f.ethtool.before = [&](std::uint32_t command) {
    if (command == during) {
      set_queues(f, grows ? ++queues : --queues);
    }
  };
  auto reader = f.reader();
  const auto statistics = reader.read();
  REQUIRE_FALSE(statistics);
  CHECK(statistics.error().reason == Reason::transient);
  CHECK(statistics.error().errno_value == EAGAIN);
  CHECK(f.ethtool.times(during) == StatisticsReader::attempts);

  f.ethtool.before = nullptr;
  const auto again = reader.read();
  REQUIRE(again);
  CHECK(values_of(*again) == values_of(f.ens5()));
}

TEST_CASE("an interface that has gone is closed, and read anew when it is back") {
  Fixture f;
  auto reader = f.reader();
  REQUIRE(reader.read());
  auto kept = f.ethtool.interfaces;
  f.ethtool.interfaces.clear();
  const auto gone = reader.read();
  REQUIRE_FALSE(gone);
  CHECK(gone.error().reason == Reason::closed);
  f.ethtool.interfaces = kept;
  CHECK(reader.read());
  CHECK(f.ethtool.times(ETHTOOL_GSTRINGS) == 2);
}

TEST_CASE("an interface that goes in between is closed, at whichever command") {
  const auto during = GENERATE(as<std::uint32_t>{}, ETHTOOL_GDRVINFO, ETHTOOL_GSSET_INFO,
                               ETHTOOL_GSTRINGS, ETHTOOL_GSTATS);
  CAPTURE(during);
  Fixture f;
  f.ethtool.before = [&](std::uint32_t command) {
    if (command == during) {
      f.ethtool.interfaces.clear();
    }
  };
  const auto statistics = f.reader().read();
  REQUIRE_FALSE(statistics);
  CHECK(statistics.error().reason == Reason::closed);
}

TEST_CASE("an errno is the reason, at whichever command") {
  const auto during = GENERATE(as<std::uint32_t>{}, ETHTOOL_GDRVINFO, ETHTOOL_GSSET_INFO,
                               ETHTOOL_GSTRINGS, ETHTOOL_GSTATS);
  CAPTURE(during);
  for (const auto& [errno_value, reason] :
       {std::pair{EPERM, Reason::denied}, std::pair{EOPNOTSUPP, Reason::unsupported},
        std::pair{ENOMEM, Reason::transient}}) {
    Fixture f;
    f.ens5().errors[during] = errno_value;
    auto reader = f.reader();
    const auto statistics = reader.read();
    REQUIRE_FALSE(statistics);
    CHECK(statistics.error().reason == reason);
    CHECK(statistics.error().errno_value == errno_value);
    f.ens5().errors.clear();
    f.clock.advance(StatisticsReader::names_age);
    CHECK(reader.read());
  }
}

TEST_CASE("an interface without statistics is not asked again soon") {
  Fixture f;
  f.ens5().errors[ETHTOOL_GSSET_INFO] = EOPNOTSUPP;
  auto reader = f.reader();
  for (int i = 0; i < 3; ++i) {
    const auto statistics = reader.read();
    REQUIRE_FALSE(statistics);
    CHECK(statistics.error().reason == Reason::unsupported);
  }
  CHECK(f.ethtool.times(ETHTOOL_GSSET_INFO) == 1);
  f.clock.advance(StatisticsReader::names_age);
  CHECK_FALSE(reader.read());
  CHECK(f.ethtool.times(ETHTOOL_GSSET_INFO) == 2);
}

TEST_CASE("an interface with no statistic at all is one without statistics") {
  Fixture f;
  f.ens5().statistics.clear();
  const auto statistics = f.reader().read();
  REQUIRE_FALSE(statistics);
  CHECK(statistics.error().reason == Reason::unsupported);
}

TEST_CASE("more statistics than a driver can have are malformed, and no memory is taken for them") {
  Fixture f;
  f.ens5().statistics.resize(max_statistics + 1);
  const auto statistics = f.reader().read();
  REQUIRE_FALSE(statistics);
  CHECK(statistics.error().reason == Reason::malformed);
  CHECK(f.ethtool.longest < 1000);

  f.ens5().statistics.resize(max_statistics);
  CHECK(f.reader().read());
}

TEST_CASE("an interface of the same name in another network namespace is not taken for the one") {
  Fixture f;
  SECTION("of another driver") { f.ens5().driver = "veth"; }
  SECTION("of another device") { f.ens5().bus_info = "0000:00:06.0"; }
  const auto statistics = f.reader().read();
  REQUIRE_FALSE(statistics);
  CHECK(statistics.error().reason == Reason::closed);
  CHECK(f.ethtool.times(ETHTOOL_GSTATS) == 0);
}

TEST_CASE("a name ends at its NUL, or where its 32 bytes do, without white space around it") {
  std::string text;
  const auto add = [&](std::string name) {
    name.resize(ETH_GSTRING_LEN, '\0');
    text += name;
  };
  add("tx_timeout");
  add("  tx_bytes \t");
  add(std::string("rx\0garbage", 10));
  add(std::string(40, 'y'));
  add("");
  add("   ");
  const auto names = decode_names(bytes_of(text), 6);
  REQUIRE(names);
  CHECK(*names ==
        std::vector<std::string>{"tx_timeout", "tx_bytes", "rx", std::string(32, 'y'), "", ""});
}

TEST_CASE("fewer bytes than names take are malformed") {
  const std::string text(3 * ETH_GSTRING_LEN - 1, 'a');
  CHECK(decode_names(bytes_of(text), 2));
  CHECK(decode_names(bytes_of(text), 0)->empty());
  for (const std::uint32_t count : {3U, 4U, 0xffffffffU}) {
    const auto names = decode_names(bytes_of(text), count);
    REQUIRE_FALSE(names);
    CHECK(names.error().reason == Reason::malformed);
  }
}

TEST_CASE("whatever bytes there are, names are as many as asked for, short and without NUL") {
  std::mt19937 random(20'240'917);  // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < 2'000; ++round) {
    const auto size = std::uniform_int_distribution<std::size_t>(0, 20 * ETH_GSTRING_LEN)(random);
    const auto count = std::uniform_int_distribution<std::uint32_t>(0, 24)(random);
    std::vector<std::byte> bytes(size);  // as long as that: what is behind it is not ours
    for (std::byte& byte : bytes) {
      const auto value = std::uniform_int_distribution<unsigned>(0, 511)(random);
      byte = static_cast<std::byte>(value > 255 ? unsigned{' '} : value);
    }
    const auto names = decode_names(bytes, count);
    REQUIRE(names.ok() == (size >= std::size_t{count} * ETH_GSTRING_LEN));
    if (!names) {
      continue;
    }
    REQUIRE(names->size() == count);
    for (const std::string& name : *names) {
      REQUIRE(name.size() <= ETH_GSTRING_LEN);
      REQUIRE(name.find('\0') == std::string::npos);
      REQUIRE((name.empty() || (name.front() != ' ' && name.back() != ' ')));
    }
  }
}

}  // namespace
}  // namespace efa::test
