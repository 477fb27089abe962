#include "config/load.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace efa {
namespace {

Config accepted(const std::string& text) {
  LoadedConfig loaded = parse_config(text, "f");
  for (const ConfigError& error : loaded.errors) {
    UNSCOPED_INFO(error.to_string());
  }
  CHECK(loaded.errors.empty());
  return loaded.config;
}

std::vector<std::string> errors(const std::string& text) {
  std::vector<std::string> result;
  for (const ConfigError& error : parse_config(text, "f").errors) {
    result.push_back(error.to_string());
  }
  return result;
}

/// The one error of a text; everything at once where it is not one.
std::string error(const std::string& text) {
  std::string result;
  for (const std::string& line : errors(text)) {
    result += (result.empty() ? "" : "\n") + line;
  }
  return result;
}

TEST_CASE("an empty file, one of comments, and an empty document are the defaults") {
  for (const char* text :
       {"", "\n", "# nothing\n\n", "---\n", "{}", "null\n", "---\n...\n", "\xEF\xBB\xBF"}) {
    INFO("the text " << text);
    CHECK(accepted(text) == Config{});
  }
}

TEST_CASE("every type of option is read into its member") {
  const Config config = accepted(
      "web:\n"
      "  listen_addresses: [':9000', \"[::1]:9001\", localhost:0]\n"
      "  telemetry_path: /efa\n"
      "  max_requests: 0\n"
      "reading: {timeout: 500ms, threads: 64}\n"
      "collectors:\n"
      "  process: false\n"
      "devices:\n"
      "  expected: 32\n"
      "instance:\n"
      "  instance_type: p5.48xlarge\n"
      "  labels_on_every_series: []\n"
      "labels:\n"
      "  cluster: research\n"
      "  rack: 17\n"
      "compat:\n"
      "  aws_node_exporter: true\n"
      "log:\n"
      "  level: warning\n"
      "  format: json\n");
  Config wanted;
  wanted.web = {{":9000", "[::1]:9001", "localhost:0"}, "/efa", 0, ""};
  wanted.reading = {std::chrono::milliseconds(500), 64};
  wanted.collectors.process = false;
  wanted.devices.expected = 32;
  wanted.instance.instance_type = "p5.48xlarge";
  wanted.instance.labels_on_every_series = {};
  wanted.labels = {{"cluster", "research"}, {"rack", "17"}};
  wanted.compat.aws_node_exporter = true;
  wanted.log = {LogLevel::warning, LogFormat::json};
  CHECK(config == wanted);
}

TEST_CASE("a section whose keys are all commented out is fine") {
  CHECK(accepted("web:\n  # max_requests: 3\nlabels:\nlog:\n  level: debug\n").log.level ==
        LogLevel::debug);
}

TEST_CASE("a plain word is a text where a text is wanted, whatever YAML makes of it elsewhere") {
  CHECK(accepted("labels: {a: yes, b: 1.0, c: 0x10, d: \"null\", e: '~'}").labels ==
        std::map<std::string, std::string>{
            {"a", "yes"}, {"b", "1.0"}, {"c", "0x10"}, {"d", "null"}, {"e", "~"}});
}

TEST_CASE("auto takes back a number of devices, with quotes or without") {
  CHECK_FALSE(accepted("devices: {expected: auto}").devices.expected.has_value());
  CHECK_FALSE(accepted("devices: {expected: 'auto'}").devices.expected.has_value());
  CHECK(accepted("devices: {expected: 0}").devices.expected == 0U);
}

TEST_CASE("durations have the units ms, s and m") {
  CHECK(accepted("reading: {timeout: 100ms}").reading.timeout == std::chrono::milliseconds(100));
  CHECK(accepted("reading: {timeout: 3s}").reading.timeout == std::chrono::seconds(3));
  CHECK(accepted("reading: {timeout: \"1m\"}").reading.timeout == std::chrono::minutes(1));
  for (const char* text : {"2", "2.5s", "s", "99ms", "61s", "2m", "0s", "-2s", "2 s", "2h", "02s",
                           "1m30s", "2S", "99999999999999999999s", "153722867280912931m"}) {
    INFO("the duration " << text);
    CHECK(error("reading: {timeout: " + std::string(text) + "}") ==
          "f:1:20: reading.timeout: found \"" + std::string(text) +
              "\"; allowed is a duration from 100ms to 1m, with its unit: ms, s or m");
  }
}

TEST_CASE("a number is decimal digits within its limits, and nothing else") {
  CHECK(accepted("web: {max_requests: 10000}").web.max_requests == 10000);
  for (const char* text : {"10001", "-1", "+1", "0x10", "1e3", "1.0", "010", "1_000", "12a", "many",
                           "yes", "4294967297", "18446744073709551617", ".5"}) {
    INFO("the number " << text);
    CHECK(error("web:\n  max_requests: " + std::string(text)) ==
          "f:2:17: web.max_requests: found \"" + std::string(text) +
              "\"; allowed is a whole number from 0 to 10000");
  }
}

TEST_CASE("a number or a flag in quotes is a text") {
  CHECK(error("web: {max_requests: \"40\"}") ==
        "f:1:21: web.max_requests: found the quoted text \"40\"; allowed is a whole number from 0 "
        "to 10000");
  CHECK(
      error("compat: {aws_node_exporter: 'true'}") ==
      "f:1:29: compat.aws_node_exporter: found the quoted text \"true\"; allowed is true or false");
  CHECK(error("devices: {expected: '3'}") ==
        "f:1:21: devices.expected: found the quoted text \"3\"; allowed is auto or a whole number "
        "from 0 to 1024");
}

TEST_CASE("a flag is true or false, and no other word for it") {
  for (const char* text : {"yes", "on", "1", "no"}) {
    CHECK(error("collectors: {process: " + std::string(text) + "}") ==
          "f:1:23: collectors.process: found \"" + std::string(text) +
              "\"; allowed is true or false");
  }
  CHECK(error("collectors: {process: True}") ==
        "f:1:23: collectors.process: found \"True\"; allowed is true or false; did you mean true?");
}

TEST_CASE("a word that is none of the choices names them, and the one that was probably meant") {
  CHECK(error("log: {level: warn}") ==
        "f:1:14: log.level: found \"warn\"; allowed is debug, info, warning or error; did you mean "
        "warning?");
  CHECK(error("log: {format: text}") ==
        "f:1:15: log.format: found \"text\"; allowed is logfmt or json");
}

TEST_CASE("an unknown key names its section's keys, and the one that was probably meant") {
  CHECK(error("log:\n  levle: info\n") ==
        "f:2:3: log: found the unknown key \"levle\"; allowed is level, format; did you mean "
        "log.level?");
  CHECK(
      error("weg: {}") ==
      "f:1:1: found the unknown key \"weg\"; allowed is web, path, reading, counters, collectors, "
      "ownership, ena, devices, "
      "instance, "
      "labels, compat, log; did you mean web?");
  CHECK(error("log: {colour: red}") ==
        "f:1:7: log: found the unknown key \"colour\"; allowed is level, format");
}

TEST_CASE("a key in the wrong section, or written as a path, is told where it belongs") {
  CHECK_THAT(error("listen_addresses: [':1']"),
             Catch::EndsWith("did you mean web.listen_addresses?"));
  CHECK_THAT(error("web.max_requests: 3"), Catch::EndsWith("did you mean web.max_requests?"));
  CHECK_THAT(error("web: {timeout: 2s}"), Catch::EndsWith("did you mean reading.timeout?"));
}

TEST_CASE("the same key twice is an error, and the first one holds") {
  const LoadedConfig loaded =
      parse_config("log:\n  level: debug\n  format: json\n  level: error\nlog: {}\n", "f");
  REQUIRE(loaded.errors.size() == 2);
  CHECK(loaded.errors[0].to_string() ==
        "f:4:3: log.level: found the key again, first in line 2; allowed is each key once");
  CHECK(loaded.errors[1].to_string() ==
        "f:5:1: log: found the key again, first in line 1; allowed is each key once");
  CHECK(loaded.config.log == Config::Log{LogLevel::debug, LogFormat::json});
}

TEST_CASE("the same label twice is an error") {
  CHECK(error("labels: {a: x, \"a\": y}") ==
        "f:1:16: labels.a: found the key again, first in line 1; allowed is each key once");
}

TEST_CASE("a value of another shape is an error that says which") {
  CHECK(error("web: 3") ==
        "f:1:6: web: found \"3\"; allowed is a map of listen_addresses, telemetry_path, "
        "max_requests, config_file");
  CHECK(error("web:\n  max_requests:\n  telemetry_path: /m\n") ==
        "f:2:3: web.max_requests: found nothing; allowed is a whole number from 0 to 10000");
  CHECK_THAT(
      error("web: {listen_addresses: ':1'}"),
      Catch::StartsWith(
          "f:1:25: web.listen_addresses: found the quoted text \":1\"; allowed is a list of"));
  CHECK_THAT(error("path: {sysfs: [/sys]}"),
             Catch::StartsWith("f:1:15: path.sysfs: found a list; allowed is"));
  CHECK_THAT(error("log: {level: {a: b}}"),
             Catch::StartsWith("f:1:14: log.level: found a map; allowed is"));
  CHECK_THAT(error("labels: [a]"),
             Catch::StartsWith("f:1:9: labels: found a list; allowed is a map"));
  CHECK_THAT(error("labels: {a: [b]}"),
             Catch::StartsWith("f:1:13: labels.a: found a list; allowed is a text"));
  CHECK_THAT(error("labels: {a: ~}"),
             Catch::StartsWith("f:1:10: labels.a: found nothing; allowed is a text"));
  CHECK_THAT(error("instance: {region: }"),
             Catch::EndsWith("allowed is a text; \"\" is the empty text"));
}

TEST_CASE("a file whose top level is not a map is an error") {
  CHECK_THAT(error("- a\n- b\n"),
             Catch::StartsWith("f:1:1: found a list; allowed is a map of web, path"));
  CHECK_THAT(error("hello"),
             Catch::StartsWith("f:1:1: found \"hello\"; allowed is a map of web, path"));
}

TEST_CASE("a key that is no text is an error") {
  CHECK(error("log: {[a]: b}") == "f:1:7: log: found a list; allowed is a text as key");
  CHECK(error("~: b") == "f:1:1: found nothing; allowed is a text as key");
}

TEST_CASE("all errors are told, in the order of the file") {
  const std::vector<std::string> all = errors(
      "log:\n"
      "  level: loud\n"
      "  level: info\n"
      "web:\n"
      "  listen_addresses: [':1', nonsense, [x], ':1', ':65536']\n"
      "  max_request: 3\n"
      "labels:\n"
      "  zone: a\n"
      "  device: b\n"
      "  0bad: c\n");
  REQUIRE(all.size() == 9);
  const char* starts[] = {"f:2:10: log.level: ",
                          "f:3:3: log.level: ",
                          "f:5:28: web.listen_addresses[1]: ",
                          "f:5:38: web.listen_addresses[2]: ",
                          "f:5:43: web.listen_addresses[3]: ",
                          "f:5:49: web.listen_addresses[4]: ",
                          "f:6:3: web: ",
                          "f:9:3: labels.device: ",
                          "f:10:3: labels.0bad: "};
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK_THAT(all[i], Catch::StartsWith(starts[i]));
  }
}

TEST_CASE("an option with an error keeps its default, the others take their value") {
  const Config config =
      parse_config("web: {listen_addresses: [':1', ':1'], max_requests: 3}", "f").config;
  CHECK(config.web.listen_addresses == Config{}.web.listen_addresses);
  CHECK(config.web.max_requests == 3);
}

TEST_CASE("the message of a list's item says what is wrong with it") {
  CHECK(error("web:\n  listen_addresses:\n    - :10045\n    - ::1:10045\n") ==
        "f:4:7: web.listen_addresses[1]: found \"::1:10045\", whose IPv6 address needs [brackets]; "
        "allowed is "
        "host:port, :port or [IPv6 address]:port, port 0 to 65535");
  CHECK(error("web: {listen_addresses: []}") ==
        "f:1:25: web.listen_addresses: found an empty list; allowed is a list of: host:port, :port "
        "or [IPv6 "
        "address]:port, port 0 to 65535");
  CHECK(error("instance: {labels_on_every_series: [region, region]}") ==
        "f:1:45: instance.labels_on_every_series[1]: found \"region\" again; allowed is each one "
        "once");
  CHECK_THAT(error("instance: {labels_on_every_series: [rack]}"),
             Catch::Contains(
                 "found \"rack\", which is none of the identity labels; allowed is instance_id, "));
}

TEST_CASE("check_config holds a configuration changed elsewhere to the same rules") {
  Config config;
  CHECK(check_config(config, "command line").empty());
  config.web.listen_addresses = {":10045", "10045"};
  config.web.max_requests = 10'001;
  config.reading.timeout = std::chrono::milliseconds(-1);
  config.reading.threads = 0;
  config.devices.expected = 5'000;
  config.labels = {{"__x", "y"}, {"fine", "\xFF"}};
  config.instance.region = "\xC3";
  config.log.level = static_cast<LogLevel>(9);
  std::vector<std::string> all;
  for (const ConfigError& error : check_config(config, "command line")) {
    all.push_back(error.to_string());
  }
  REQUIRE(all.size() == 9);
  CHECK(all[0] ==
        "command line: web.listen_addresses[1] (--web.listen-address): found \"10045\", which has "
        "no :port; "
        "allowed is host:port, :port or [IPv6 address]:port, port 0 to 65535");
  CHECK(all[1] ==
        "command line: web.max_requests (--web.max-requests): found \"10001\"; allowed is a whole "
        "number from "
        "0 to 10000");
  CHECK_THAT(all[2], Catch::StartsWith("command line: reading.timeout: found \"-1ms\""));
  CHECK_THAT(all[3], Catch::StartsWith("command line: reading.threads: found \"0\""));
  CHECK_THAT(all[4], Catch::StartsWith("command line: devices.expected: found \"5000\""));
  CHECK_THAT(all[5], Catch::StartsWith(
                         "command line: instance.region: found \"\\xC3\", which is not UTF-8"));
  CHECK_THAT(all[6], Catch::StartsWith(
                         "command line: labels.__x: found the name \"__x\", which begins with __"));
  CHECK_THAT(all[7],
             Catch::StartsWith("command line: labels.fine: found \"\\xFF\", which is not UTF-8"));
  CHECK_THAT(all[8], Catch::StartsWith("command line: log.level (--log.level): found \"9\""));
}

}  // namespace
}  // namespace efa
