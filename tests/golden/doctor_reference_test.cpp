#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "collectors/health/check.h"
#include "tests/support/catch.h"
#include "tests/support/golden_file.h"

namespace {

using namespace efa;

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string_view publication_of(const Check& check) {
  switch (check.published) {
    case Published::no:
      return "no";
    case Published::yes:
      return "yes";
    case Published::by_growth:
      return "by growth";
  }
  return {};
}

std::string table_of_checks() {
  std::string text =
      "## Checks\n\nThe worst a check comes to is its severity in efa_health_check, if it is "
      "published "
      "there: those that\nare published by growth are judged by what was counted in the last "
      "minute, and "
      "from the second minute on.\n\n"
      "| code | what should be so | why | worst | published |\n|---|---|---|---|---|\n";
  for (const Check& check : all_checks()) {
    text.append("| ").append(check.code).append(" | ").append(check.title);
    text.append(" | ").append(check.why).append(" | ").append(to_string(check.worst));
    text.append(" | ").append(publication_of(check)).append(" |\n");
  }
  return text;
}

TEST_CASE("the reference of doctor tells every check") {
  const std::string path = EFA_SOURCE_DIR "/deploy/doctor/README.md";
  const std::string text = content_of(path);
  const std::size_t checks = text.find("## Checks");  // up to there by hand
  REQUIRE(checks != std::string::npos);
  efa::test::check_golden(path, text.substr(0, checks) + table_of_checks());
}

TEST_CASE("every check has a code of its own, and words") {
  std::set<std::string_view> codes;
  for (const Check& check : all_checks()) {
    INFO(check.code);
    CHECK(codes.insert(check.code).second);
    CHECK(check.code.size() == 7);
    CHECK(check.code.starts_with("EFA-"));
    CHECK_FALSE(check.title.empty());
    CHECK(check.why.ends_with('.'));
    CHECK(check.judge != nullptr);
  }
}

TEST_CASE("a view of nothing is no reason to fail: every check says something of it") {
  HealthView view;
  view.now = std::make_shared<const Reading>();
  for (const Check& check : all_checks()) {
    INFO(check.code);
    const Finding finding = check.judge(view);
    CHECK_FALSE(finding.found.empty());
    CHECK(finding.verdict != Verdict::fail);
  }
}

}  // namespace
