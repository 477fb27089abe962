#include <fstream>
#include <sstream>
#include <string>

#include "agent/commands/config.h"
#include "config/load.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace efa {
namespace {

using test::TempDir;

struct Outcome {
  int code = 0;
  std::string output;
  std::string errors;
};

Outcome run(int (*command)(const CommandLine&, std::ostream&, std::ostream&),
            const CommandLine& line) {
  std::ostringstream output;
  std::ostringstream errors;
  const int code = command(line, output, errors);
  return {code, output.str(), errors.str()};
}

CommandLine over(const TempDir& folder, const std::string& text) {
  CommandLine line;
  line.config_file = folder.path() / "f.yaml";
  line.config_file_given = true;
  std::ofstream(line.config_file) << text;
  return line;
}

TEST_CASE("config check says ok of a sound file, and nothing on stderr") {
  const TempDir folder;
  const CommandLine line = over(folder, "log: {level: debug}\n");
  const Outcome outcome = run(run_config_check, line);
  CHECK(outcome.code == 0);
  CHECK(outcome.output == line.config_file + ": ok\n");
  CHECK(outcome.errors.empty());
}

TEST_CASE("config check tells every error on stderr, and ends with 1") {
  const TempDir folder;
  const CommandLine line = over(folder, "log: {level: loud}\nweb: {max_requests: -1}\nbogus: 1\n");
  const Outcome outcome = run(run_config_check, line);
  CHECK(outcome.code == 1);
  CHECK(outcome.output.empty());
  std::istringstream lines(outcome.errors);
  std::vector<std::string> all;
  for (std::string text; std::getline(lines, text);) {
    all.push_back(text);
  }
  REQUIRE(all.size() == 3);
  CHECK_THAT(all[0], Catch::StartsWith(line.config_file + ":1:14: log.level: "));
  CHECK_THAT(all[1], Catch::StartsWith(line.config_file + ":2:21: web.max_requests: "));
  CHECK_THAT(all[2], Catch::StartsWith(line.config_file + ":3:1: found the unknown key \"bogus\""));
}

TEST_CASE("config check of a missing file ends with 1") {
  CommandLine line;
  line.config_file = "/nonexistent/f.yaml";
  line.config_file_given = true;
  const Outcome outcome = run(run_config_check, line);
  CHECK(outcome.code == 1);
  CHECK(outcome.errors == "/nonexistent/f.yaml: No such file or directory\n");
}

TEST_CASE("config print shows the configuration in force, flags included, and reads back equal") {
  const TempDir folder;
  CommandLine line = over(folder, "labels: {cluster: \"a: b\"}\nlog: {level: error}\n");
  line.settings.push_back({find_option("log.level"), {"debug"}});
  const Outcome outcome = run(run_config_print, line);
  CHECK(outcome.code == 0);
  CHECK(outcome.errors.empty());
  const LoadedConfig again = parse_config(outcome.output, "printed");
  CHECK(again.errors.empty());
  CHECK(again.config == config_in_force(line).config);
  CHECK(again.config.log.level == LogLevel::debug);
  CHECK_THAT(outcome.output, Catch::Contains("labels: {\"cluster\": \"a: b\"}\n"));
  CHECK_THAT(outcome.output, Catch::Contains("\n  timeout: 2s\n"));
}

TEST_CASE("config print of a wrong configuration prints the errors, and ends with 2") {
  const TempDir folder;
  const Outcome outcome = run(run_config_print, over(folder, "log: 3\n"));
  CHECK(outcome.code == 2);
  CHECK(outcome.output.empty());
  CHECK_THAT(outcome.errors, Catch::Contains(":1:6: log: found \"3\""));
}

}  // namespace
}  // namespace efa
