#include "agent/command_line.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "agent/command_line_help.h"
#include "agent/version.h"
#include "collectors/catalogue/catalogue.h"
#include "config/labels.h"
#include "config/option_values.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace efa {
namespace {

using test::TempDir;
using Arguments = std::vector<std::string>;

CommandLine parsed(const Arguments& arguments) {
  auto result = parse_command_line(arguments);
  if (const auto* exit = std::get_if<EarlyExit>(&result)) {
    FAIL("not parsed: " << exit->output << exit->error);
  }
  return std::get<CommandLine>(std::move(result));
}

EarlyExit ended(const Arguments& arguments) {
  auto result = parse_command_line(arguments);
  REQUIRE(std::holds_alternative<EarlyExit>(result));
  return std::get<EarlyExit>(std::move(result));
}

/// What a wrong command line is told.
std::string mistake(const Arguments& arguments) {
  const EarlyExit exit = ended(arguments);
  CHECK(exit.code == 2);
  CHECK(exit.output.empty());
  return exit.error;
}

/// The configuration without any file, under flags that must be right.
Config with_flags(const Arguments& arguments) {
  Config config;
  for (const ConfigError& error : apply_settings(parsed(arguments), config)) {
    FAIL_CHECK(error.to_string());
  }
  return config;
}

std::string setting_error(const Arguments& arguments) {
  Config config;
  const std::vector<ConfigError> errors = apply_settings(parsed(arguments), config);
  return errors.size() == 1 ? errors.front().to_string() : "not one error";
}

TEST_CASE("no arguments serve with the default file and no settings") {
  const CommandLine line = parsed({});
  CHECK(line.command == Command::serve);
  CHECK(line.config_file == "/etc/efa-agent/efa-agent.yaml");
  CHECK_FALSE(line.config_file_given);
  CHECK_FALSE(line.simulate);
  CHECK_FALSE(line.output);
  CHECK(line.settings.empty());
}

TEST_CASE("each command is told from the others") {
  CHECK(parsed({"serve"}).command == Command::serve);
  CHECK(parsed({"once"}).command == Command::once);
  CHECK(parsed({"config", "print"}).command == Command::config_print);
  const CommandLine check = parsed({"config", "check", "/tmp/f.yaml"});
  CHECK(check.command == Command::config_check);
  CHECK(check.config_file == "/tmp/f.yaml");
  CHECK(check.config_file_given);
  CHECK(parsed({"config", "check"}).config_file == "/etc/efa-agent/efa-agent.yaml");
  CHECK(parsed({"config", "check"}).config_file_given);
}

TEST_CASE("doctor has flags of its own, which no other command takes") {
  const CommandLine line = parsed({"doctor", "--watch=10", "--only=EFA-101", "--only", "EFA-701",
                                   "--skip=EFA-301", "--strict", "--probe", "--json", "--all"});
  CHECK(line.command == Command::doctor);
  CHECK(line.doctor.watch == std::chrono::seconds(10));
  CHECK(line.doctor.only == std::vector<std::string>{"EFA-101", "EFA-701"});
  CHECK(line.doctor.skip == std::vector<std::string>{"EFA-301"});
  CHECK((line.doctor.strict && line.doctor.probe && line.doctor.json && line.doctor.all));
  CHECK_FALSE(parsed({"doctor"}).doctor.watch);
  CHECK_FALSE(parsed({"doctor"}).doctor.strict);
  CHECK_FALSE(parsed({"doctor"}).doctor.probe);
  CHECK_FALSE(parsed({"doctor"}).doctor.json);
  for (const char* const flag : {"--watch=10", "--only=EFA-101", "--skip=EFA-101", "--strict",
                                 "--probe", "--json", "--all"}) {
    INFO(flag);
    CHECK_THAT(mistake({"once", flag}), Catch::Contains("with the command doctor"));
  }
  CHECK_THAT(mistake({"doctor", "--watch=0"}), Catch::Contains("from 1 to 600"));
  CHECK_THAT(mistake({"doctor", "--watch=soon"}), Catch::Contains("found \"soon\""));
  CHECK_THAT(mistake({"doctor", "--simulate=p5.48xlarge"}), Catch::Contains("serve and once"));
}

TEST_CASE("flags stand before or behind the command, with = or without") {
  for (const Arguments& arguments :
       {Arguments{"--config.file=/f", "--simulate=p5.48xlarge", "--output", "o", "once"},
        Arguments{"once", "--config.file", "/f", "--simulate", "p5.48xlarge", "--output=o"},
        Arguments{"--simulate", "p5.48xlarge", "once", "--output=o", "--config.file=/f"}}) {
    const CommandLine line = parsed(arguments);
    CHECK(line.command == Command::once);
    CHECK(line.config_file == "/f");
    CHECK(line.config_file_given);
    CHECK(line.simulate == "p5.48xlarge");
    CHECK(line.output == "o");
  }
  CHECK(with_flags({"config", "print", "--log.level=debug"}).log.level == LogLevel::debug);
  CHECK(with_flags({"config", "--log.level=debug", "print"}).log.level == LogLevel::debug);
}

TEST_CASE("every flag of the exporter sets its option") {
  const Config config = with_flags(
      {"--web.listen-address=:1", "--web.listen-address", "[::1]:2", "--web.telemetry-path=/m",
       "--web.max-requests=7", "--path.sysfs=/s", "--path.procfs=/p", "--log.level=error",
       "--log.format=json", "--no-collector.process", "--collector.devices"});
  Config wanted;
  wanted.web = {{":1", "[::1]:2"}, "/m", 7, ""};
  wanted.path.sysfs = "/s";
  wanted.path.procfs = "/p";
  wanted.log = {LogLevel::error, LogFormat::json};
  wanted.collectors.process = false;
  CHECK(config == wanted);
}

TEST_CASE("every collector has a flag and its opposite, of which the last holds") {
  for (const Option& option : options()) {
    if (!option.path.starts_with("collectors.")) {
      continue;
    }
    const std::string flag(option.flag);
    INFO(flag);
    const auto value = [&](const Arguments& arguments) {
      return std::get<FlagOption>(option.type).member.in(with_flags(arguments));
    };
    CHECK(flag == "collector." + std::string(option.path.substr(option.path.find('.') + 1)));
    CHECK(value({"--" + flag}));
    CHECK_FALSE(value({"--no-" + flag}));
    CHECK(value({"--no-" + flag, "--" + flag}));
    CHECK_FALSE(value({"--" + flag, "--no-" + flag}));
    CHECK_FALSE(value({"--" + flag + "=false"}));
  }
}

TEST_CASE("a flag's wrong value is told with the flag, and all of them are") {
  CHECK(setting_error({"--web.max-requests=many"}) ==
        "command line: --web.max-requests: found \"many\"; allowed is a whole number from 0 to "
        "10000");
  CHECK(setting_error({"--log.level=warn"}) ==
        "command line: --log.level: found \"warn\"; allowed is debug, info, warning or error; did "
        "you mean warning?");
  CHECK_THAT(setting_error({"--web.listen-address=:1", "--web.listen-address=10045"}),
             Catch::StartsWith(
                 "command line: web.listen_addresses[1] (--web.listen-address): found \"10045\", "
                 "which has no :port;"));
  CHECK_THAT(setting_error({"--path.sysfs=/\xFF"}), Catch::Contains("which is not UTF-8"));
  CHECK_THAT(setting_error({"--collector.process=3"}),
             Catch::StartsWith("command line: --collector.process: "));
  Config config;
  const auto errors = apply_settings(
      parsed({"--web.max-requests=-1", "--web.telemetry-path=/", "--log.format=x"}), config);
  CHECK(errors.size() == 3);
}

TEST_CASE("a flag beats the file, the file beats the default") {
  const TempDir folder;
  const std::string path = folder.path() / "f.yaml";
  std::ofstream(path)
      << "log: {level: error, format: json}\nweb: {listen_addresses: [':1', ':2']}\n";
  const LoadedConfig loaded = config_in_force(
      parsed({"--config.file=" + path, "--log.level=debug", "--web.listen-address=:3"}));
  CHECK(loaded.errors.empty());
  Config wanted;
  wanted.log = {LogLevel::debug, LogFormat::json};
  wanted.web.listen_addresses = {":3"};
  CHECK(loaded.config == wanted);
}

TEST_CASE("the errors of file and flags are told together") {
  const TempDir folder;
  const std::string path = folder.path() / "f.yaml";
  std::ofstream(path) << "log: {level: loud}\n";
  const LoadedConfig loaded = config_in_force(parsed({"--config.file", path, "--log.format=loud"}));
  REQUIRE(loaded.errors.size() == 2);
  CHECK(loaded.errors[0].file == path);
  CHECK(loaded.errors[1].file == "command line");
}

TEST_CASE("the default file may be missing, a given one may not") {
  const TempDir folder;
  CommandLine line;
  line.config_file = folder.path() / "none.yaml";
  CHECK(config_in_force(line).errors.empty());
  CHECK(config_in_force(line).config == Config{});
  CHECK(config_in_force(parsed({"--config.file", line.config_file})).errors.size() == 1);
  CHECK(config_in_force(parsed({"config", "check", line.config_file})).errors.size() == 1);
  std::filesystem::create_symlink("nowhere", line.config_file);  // there, and broken
  CHECK(config_in_force(line).errors.size() == 1);
  std::filesystem::remove(line.config_file);
  std::ofstream(line.config_file) << "log: {level: debug}\n";
  CHECK(config_in_force(line).config.log.level == LogLevel::debug);
}

TEST_CASE("wrong usage ends with code 2, a message on stderr, and nothing on stdout") {
  CHECK(mistake({"--web.listen-adress=:1"}) ==
        "efa-agent: found the unknown flag \"--web.listen-adress\"; did you mean "
        "--web.listen-address?\n"
        "Try: efa-agent --help\n");
  CHECK_THAT(mistake({"-web.telemetry-path=/m"}),
             Catch::Contains("did you mean --web.telemetry-path?"));
  CHECK_THAT(mistake({"--bogus"}),
             Catch::StartsWith("efa-agent: found the unknown flag \"--bogus\"\n"));
  CHECK_THAT(mistake({"once", "--bogus", "3"}), Catch::Contains("the unknown flag \"--bogus\""));
  CHECK_THAT(mistake({"sevre"}),
             Catch::Contains("\"sevre\"") && Catch::Contains("commands are serve, once"));
  CHECK_THAT(mistake({"serve", "once"}), Catch::Contains("\"once\""));
  CHECK_THAT(mistake({"once", "extra"}), Catch::Contains("\"extra\""));
  CHECK_THAT(mistake({"config", "check", "a", "b"}), Catch::Contains("\"b\""));
  CHECK_THAT(mistake({"--simulate"}), Catch::Contains("--simulate"));
  CHECK_THAT(mistake({"--simulate=", "once"}),
             Catch::Contains("--simulate: found nothing after the ="));
  CHECK_THAT(mistake({"--simulate", ""}), Catch::Contains("--simulate: found an empty text"));
  CHECK_THAT(mistake({"--config.file", ""}), Catch::Contains("--config.file: found an empty text"));
  CHECK_THAT(mistake({"--log.level=info", "--log.level=info"}),
             Catch::Contains("--log.level: found it 2 times; allowed is once"));
  CHECK_THAT(mistake({"--output=x"}), Catch::Contains("--output"));
  CHECK_THAT(mistake({"config"}),
             Catch::Contains("config: found nothing after it; allowed is check or print"));
  CHECK_THAT(mistake({"config", "bogus"}), Catch::Contains("bogus"));
}

TEST_CASE("help is printed for every command, on stdout and with code 0, also on a wrong line") {
  for (const Arguments& arguments :
       {Arguments{"--help"}, Arguments{"-h"}, Arguments{"once", "--help"},
        Arguments{"config", "--help"}, Arguments{"config", "check", "--help"},
        Arguments{"--bogus", "--help"}}) {
    const EarlyExit exit = ended(arguments);
    CHECK(exit.code == 0);
    CHECK(exit.output == help_text());
    CHECK(exit.error.empty());
  }
}

TEST_CASE("help names every flag with its default, in lines of 80 characters") {
  const std::string text = help_text();
  for (const std::string& flag : all_flags()) {
    CHECK_THAT(text, Catch::Contains(flag));
  }
  for (const Option& option : options()) {
    if (!option.flag.empty()) {
      const std::size_t at = text.find("--" + std::string(option.flag));
      const std::string initial = yaml_value(option, Config{}) + ".\n";
      INFO(option.path);
      REQUIRE(at != std::string::npos);
      const std::string entry = text.substr(at, text.find("\n  --", at) - at + 1);
      CHECK_THAT(entry, Catch::Contains(initial));
    }
  }
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    CHECK(line.size() <= 80);
    CHECK_FALSE(line.ends_with(' '));
  }
}

TEST_CASE("the option --version prints name, version, revision and compiler") {
  const EarlyExit exit = ended({"serve", "--version"});
  CHECK(exit.code == 0);
  CHECK(exit.output == "efa-agent " + std::string(version()) + " (revision " +
                           std::string(revision()) + ", " + std::string(compiler()) + ")\n");
  CHECK_FALSE(version().empty());
  CHECK_FALSE(revision().empty());
  CHECK((compiler().starts_with("gcc ") || compiler().starts_with("clang ")));
  CHECK(compiler().find("__") == std::string_view::npos);
}

void add_labels(std::string_view list, std::set<std::string_view>& labels) {
  while (!list.empty()) {
    const std::string_view label = list.substr(0, list.find(", "));
    labels.insert(label);
    list.remove_prefix(std::min(list.size(), label.size() + 2));
  }
}

TEST_CASE("the labels that a configuration may not set are those of the catalogue") {
  std::set<std::string_view> known;
  for_each_metric([&](const MetricSpec& spec) {
    add_labels(spec.labels, known);
    add_labels(to_string(spec.scope), known);
  });
  std::set<std::string_view> listed(std::begin(identity_labels), std::end(identity_labels));
  listed.insert(std::begin(agent_labels), std::end(agent_labels));
  CHECK(listed == known);

  std::set<std::string_view> identity;
  add_labels(metric::instance_info.labels, identity);
  CHECK(identity ==
        std::set<std::string_view>(std::begin(identity_labels), std::end(identity_labels)));
}

}  // namespace
}  // namespace efa
