#include "agent/agent.h"

#include <string>

#include "tests/support/catch.h"
#include "tests/support/sysfs_tree.h"

namespace {

using namespace efa;

std::string scrape(Agent& agent) {
  std::string text;
  agent.scrape(text, TextFormat::prometheus);
  return text;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Config config_of(const test::SysfsTree& tree) {
  Config config;
  config.path.sysfs = tree.root();
  return config;
}

}  // namespace

TEST_CASE("identity labels stand on every series as far as they are wanted and known") {
  Config config;
  config.instance.instance_id = "i-1";
  config.instance.region = "eu-west-1";
  config.instance.labels_on_every_series = {"instance_id", "availability_zone"};
  config.labels = {{"cluster", "a"}};
  KnownInstance instance;
  instance.configure(config.instance);
  CHECK(constant_labels(config, instance) ==
        ConstantLabels{{"cluster", "a"}, {"instance_id", "i-1"}});
}

TEST_CASE("the instance's own series shows every identity label once") {
  const test::SysfsTree tree;
  Config config = config_of(tree);
  config.instance.instance_id = "i-1";
  config.instance.region = "eu-west-1";
  Agent agent(config, std::nullopt, 1024, Agent::Purpose::serve);
  CHECK(has(scrape(agent), "\nefa_instance_info{instance_id=\"i-1\",region=\"eu-west-1\"} 1\n"));
}

TEST_CASE("the expected devices are configured, else the instance type's maximum, else absent") {
  const test::SysfsTree tree;
  Config config = config_of(tree);
  CHECK_FALSE(
      has(scrape(*std::make_unique<Agent>(config, std::nullopt, 1024, Agent::Purpose::serve)),
          "efa_devices_expected"));
  config.instance.instance_type = "p5.48xlarge";
  CHECK(has(scrape(*std::make_unique<Agent>(config, std::nullopt, 1024, Agent::Purpose::serve)),
            "\nefa_devices_expected{source=\"instance_type\"} 32\n"));
  config.devices.expected = 16;
  CHECK(has(scrape(*std::make_unique<Agent>(config, std::nullopt, 1024, Agent::Purpose::serve)),
            "\nefa_devices_expected{source=\"configured\"} 16\n"));
}

TEST_CASE("a simulated host says so in every scrape") {
  Agent agent(Config{}, "p4d.24xlarge", 1024, Agent::Purpose::serve);
  for (int i = 0; i < 2; ++i) {
    const std::string text = scrape(agent);
    CHECK(has(text, "\nefa_agent_simulated 1\n"));
    CHECK(has(text, "\nefa_devices 4\n"));
    CHECK(has(text, "\nefa_devices_expected{source=\"instance_type\"} 4\n"));
  }
}

TEST_CASE("a type that cannot be simulated is an error that names what was probably meant") {
  CHECK_THROWS_WITH(Agent(Config{}, "p5.48xlrge", 1024, Agent::Purpose::serve),
                    Catch::Contains("p5.48xlarge"));
}

TEST_CASE("a scrape for a file says nothing of a running process") {
  const test::SysfsTree tree;
  Agent agent(config_of(tree), std::nullopt, 1024, Agent::Purpose::once);
  const std::string text = scrape(agent);
  CHECK_FALSE(has(text, "process_"));
  CHECK_FALSE(has(text, "efa_agent_http_requests_total"));
  CHECK_FALSE(has(text, "efa_agent_scrape_duration_seconds"));
  CHECK(has(text, "efa_agent_build_info{version="));
}

TEST_CASE("too few descriptors make a scrape slower and change none of it") {
  test::SysfsTree tree;
  for (int i = 0; i < 4; ++i) {
    tree.device("rdmap" + std::to_string(i) + "s0").pci("0000:0" + std::to_string(i) + ":00.0");
  }
  Config config = config_of(tree);
  config.collectors.process = false;
  Agent rich(config, std::nullopt, 65536, Agent::Purpose::once);
  Agent poor(config, std::nullopt, 64, Agent::Purpose::once);
  const auto counters = [](const std::string& text) {
    return text.substr(0, text.find("# HELP efa_scrape_collector_duration_seconds"));
  };
  CHECK(counters(scrape(rich)) == counters(scrape(poor)));
}
