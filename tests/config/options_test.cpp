#include "config/options.h"

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/load.h"
#include "config/option_values.h"
#include "config/reload.h"
#include "tests/support/catch.h"

namespace efa {
namespace {

/// An allowed value that is not the default.
struct OtherValue {
  Config& config;

  void operator()(const FlagOption& type) const {
    type.member.of(config) = !type.member.in(config);
  }
  void operator()(const NumberOption& type) const { type.member.of(config) = type.least + 1; }
  void operator()(const NumberOrAutoOption& type) const { type.member.of(config) = type.most; }
  void operator()(const DurationOption& type) const { type.member.of(config) = type.least; }
  void operator()(const ChoiceOption& type) const {
    type.set(config, (type.get(config) + 1) % type.words.size());
  }
  void operator()(const TextOption& type) const { type.member.of(config) = "/another"; }
  void operator()(const TextListOption& type) const {
    type.member.of(config) = type.item.objection("region").empty()
                                 ? std::vector<std::string>{"region"}
                                 : std::vector<std::string>{":1", ":2"};
  }
  void operator()(const TextMapOption& type) const { type.member.of(config) = {{"rack", "x"}}; }
};

Config with_another(const Option& option) {
  Config config;
  std::visit(OtherValue{config}, option.type);
  return config;
}

TEST_CASE("every option has its own path, a help text of sentences, and its own member") {
  std::set<std::string_view> paths;
  std::set<std::string_view> flags;
  for (const Option& option : options()) {
    INFO(option.path);
    CHECK(paths.insert(option.path).second);
    CHECK((option.flag.empty() || flags.insert(option.flag).second));
    CHECK(option.help.ends_with('.'));
    CHECK(find_option(option.path) == &option);
    const Config other = with_another(option);
    CHECK(check_config(other, "test").empty());
    for (const Option& each : options()) {
      CHECK(same_value(each, Config{}, other) == (&each != &option));
    }
  }
  CHECK(find_option("web") == nullptr);
}

TEST_CASE("a value other than the default is printed at the option's path, and read back") {
  for (const Option& option : options()) {
    const Config other = with_another(option);
    INFO(print_config(other));
    const std::string key(option.path.substr(option.path.find('.') + 1));
    CHECK_THAT(print_config(other), Catch::Contains(key + ": " + yaml_value(option, other) + "\n"));
    const LoadedConfig loaded = parse_config(print_config(other), "printed");
    CHECK(loaded.errors.empty());
    CHECK(loaded.config == other);
  }
}

TEST_CASE("every member of Config is an option") {
  // A member more does not compile here, and asks for a line in the table.
  const Config config;
  [[maybe_unused]] const auto& [web, path, reading, counters, collectors, ownership, ena, devices,
                                instance, labels, compat, log] = config;
  [[maybe_unused]] const auto& [addresses, telemetry_path, max_requests, web_config_file] = web;
  [[maybe_unused]] const auto& [root, sysfs, procfs, pod_logs, pod_resources] = path;
  [[maybe_unused]] const auto& [timeout, threads] = reading;
  [[maybe_unused]] const auto& [source] = counters;
  [[maybe_unused]] const auto& [hw_counters, devices_too, instance_too, events, owners, host,
                                ena_too, health, allocations, process] = collectors;
  [[maybe_unused]] const auto& [interval, max_owners, queue_pairs, environment] = ownership;
  [[maybe_unused]] const auto& [ena_interval, queues] = ena;
  [[maybe_unused]] const auto& [expected] = devices;
  [[maybe_unused]] const auto& [id, type, zone, zone_id, region, group, image, node, imds, tags,
                                on_every] = instance;
  [[maybe_unused]] const auto& [aws_node_exporter] = compat;
  [[maybe_unused]] const auto& [level, format] = log;
  CHECK(options().size() == 4 + 5 + 2 + 1 + 10 + 4 + 2 + 1 + 11 + 1 + 1 + 2);
}

TEST_CASE(
    "the annotated file is the defaults, with every option in it and explained in the table's "
    "words") {
  std::ifstream file(EFA_SOURCE_DIR "/config/efa-agent.yaml");
  REQUIRE(file);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const LoadedConfig loaded = parse_config(text, "efa-agent.yaml");
  CHECK(loaded.errors.empty());
  CHECK(loaded.config == Config{});

  std::map<std::string, std::string> comments;  // that stand directly before each key
  std::istringstream lines(text);
  std::string section;
  std::string comment;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t start = line.find_first_not_of(' ');
    const std::string key =
        start == std::string::npos ? "" : line.substr(start, line.find(':') - start);
    if (key.empty()) {
      comment.clear();
    } else if (key.starts_with('#')) {
      comment += line.substr(start + 1);
    } else {
      section = start == 0 ? key : section;
      std::string path = start == 0 ? "" : section + ".";
      comments[path.append(key)] = std::exchange(comment, "");
    }
  }
  for (const Option& option : options()) {
    INFO(option.path);
    REQUIRE(comments.contains(std::string(option.path)));
    const std::string& words = comments.at(std::string(option.path));
    CHECK_THAT(words, Catch::Contains(std::string(option.help)));
    CHECK_THAT(words, Catch::Contains("Allowed: " + allowed_values(option) + "."));
    CHECK((words.find("Needs a restart.") != std::string::npos) ==
          (option.change == Change::needs_restart));
  }
}

TEST_CASE("a configuration of awkward texts is printed so that it reads back the same") {
  Config config;
  config.labels = {
      {"a", R"("quoted" 'too' \ back\slash)"},
      {"b", "colon: #comment, [list] {map} & * ! | > % @ `"},
      {"c", "two\nlines\r\n\tand a tab "},
      {"d",
       "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80 \xC2\x85\xC2\xA0\xE2\x80\xA8\xE2\x80\xA9\xEF\xBB\xBF"},
      {"e", "yes"},
      {"null", "null"},
      {"g", "~"},
      {"h", "1.0"},
      {"i", ""},
      {"j", " "},
      {"k", std::string("\0\x01\x04\x7F\x1B", 5)},
      {"l", std::string(5000, 'x')},
      {"true", "0x10"},
      {"y", "---\n...\n- a"},
      {std::string(256, 'n'), "long name"}};
  config.path.sysfs = "# not a comment: really\n";
  config.path.procfs = "~";
  config.instance.region = "null";
  config.instance.image_id = "40";
  config.web.listen_addresses = {"[::1]:80", ":0", "a:1"};
  config.instance.labels_on_every_series = {};
  config.reading.timeout = std::chrono::milliseconds(59'999);
  const LoadedConfig loaded = parse_config(print_config(config), "printed");
  for (const ConfigError& error : loaded.errors) {
    UNSCOPED_INFO(error.to_string());
  }
  CHECK(loaded.errors.empty());
  CHECK(loaded.config == config);
  CHECK(print_config(loaded.config) == print_config(config));
}

TEST_CASE("assign() leaves the configuration as it is when the text is wrong") {
  Config config;
  for (const Option& option : options()) {
    if (!option.path.starts_with("instance.") && !option.path.starts_with("path.") &&
        option.path != "web.config_file") {
      INFO(option.path);
      CHECK(assign(option, config, "quite wrong").has_value());
    }
  }
  CHECK(config == Config{});
}

TEST_CASE("what differs and needs a restart is named, and kept from the running configuration") {
  for (const Option& option : options()) {
    INFO(option.path);
    const Config running;
    const Config wanted = with_another(option);
    const bool changes = option.change == Change::at_once;
    CHECK(unchangeable_differences(running, wanted) ==
          (changes ? std::vector<std::string>{}
                   : std::vector<std::string>{std::string(option.path)}));
    CHECK(with_restart_options_of(running, wanted) == (changes ? wanted : running));
  }
}

TEST_CASE(
    "the server, the file systems and the source of counters need a restart, all else changes at "
    "once") {
  std::set<std::string_view> restart;
  for (const Option& option : options()) {
    if (option.change == Change::needs_restart) {
      restart.insert(option.path);
    }
  }
  CHECK(restart == std::set<std::string_view>{
                       "web.listen_addresses", "web.telemetry_path", "web.max_requests",
                       "web.config_file", "web.config_file", "path.root", "path.sysfs",
                       "path.procfs", "path.pod_logs", "path.pod_resources", "counters.source"});
}

}  // namespace
}  // namespace efa
