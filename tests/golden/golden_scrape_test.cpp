#include <string>

#include "agent/collector_list.h"
#include "agent/exposition/exposition.h"
#include "collectors/catalogue/agent_metrics.h"
#include "collectors/engine/reading_engine.h"
#include "collectors/sysfs/sysfs_scanner.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/golden_file.h"
#include "tests/support/recorded_tree.h"

namespace {

using namespace efa;

// Durations are the only thing in a scrape of a recorded tree that is not the same each time.
std::string without_durations(const std::string& text) {
  std::string result;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin) + 1;
    const std::string line = text.substr(begin, end - begin);
    begin = end;
    const bool duration = line.starts_with(metric::collector_duration.name);
    result += duration ? line.substr(0, line.rfind(' ')) + " 0\n" : line;
  }
  return result;
}

std::string scrape(const std::string& tree, const Config& config, TextFormat format) {
  const test::RecordedTree sysfs(EFA_TEST_DATA "/" + tree + ".tree");
  const test::ManualClock clock;
  PosixFiles files;
  ReadingEngine engine(std::make_unique<SysfsScanner>(files, clock, sysfs.root(), 4096), {});
  const auto instance = std::make_shared<KnownInstance>();
  instance->configure(config.instance);
  Exposition exposition(make_collectors(config, files, clock, {instance, nullptr}),
                        {{"cluster", "golden"}});
  std::string text;
  exposition.write(text, *engine.read(), format);
  return without_durations(text);
}

Config config_of(const std::string& instance_type) {
  Config config;
  config.collectors.owners = false;  // these are of this host, not of the tree
  config.collectors.host = false;
  config.collectors.ena = false;
  config.collectors.process = false;
  config.instance.instance_id = "i-0123456789abcdef0";
  config.instance.instance_type = instance_type;
  return config;
}

void check(const std::string& tree, const std::string& instance_type) {
  test::check_golden(EFA_SOURCE_DIR "/tests/golden/" + tree + ".prom",
                     scrape(tree, config_of(instance_type), TextFormat::prometheus));
}

}  // namespace

TEST_CASE("a c5n.18xlarge with a driver older than 1.14 shows each counter once") {
  check("c5n_18xlarge_efa_1.13", "c5n.18xlarge");
}

TEST_CASE("a p4d.24xlarge shows its four devices with 17 port counters each") {
  check("p4d_24xlarge_efa_2.12", "p4d.24xlarge");
}

TEST_CASE("a p5.48xlarge shows every counter of its 32 devices") {
  check("p5_48xlarge_efa_3.1", "p5.48xlarge");
}

TEST_CASE("a p6-b200.48xlarge shows its eight EFA devices and not its NVLink bridges") {
  check("p6-b200_48xlarge_efa_3.1", "p6-b200.48xlarge");
}

TEST_CASE("OpenMetrics shows the same samples under its own headers") {
  test::check_golden(
      EFA_SOURCE_DIR "/tests/golden/p4d_24xlarge_efa_2.12.openmetrics",
      scrape("p4d_24xlarge_efa_2.12", config_of("p4d.24xlarge"), TextFormat::openmetrics));
}

TEST_CASE("AWS's names stand beside ours when they are asked for, on an old and on a new driver") {
  for (const std::string tree : {"c5n_18xlarge_efa_1.13", "p4d_24xlarge_efa_2.12"}) {
    Config config = config_of("");
    config.compat.aws_node_exporter = true;
    config.collectors.hw_counters = false;
    config.collectors.devices = false;
    test::check_golden(EFA_SOURCE_DIR "/tests/golden/" + tree + ".aws.prom",
                       scrape(tree, config, TextFormat::prometheus));
  }
}
