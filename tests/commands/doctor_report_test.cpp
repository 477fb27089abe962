#include <nlohmann/json.hpp>

#include "agent/doctor/report.h"
#include "tests/support/catch.h"

namespace efa::test {
namespace {

Finding unused(const HealthView& /*view*/) { return {}; }
constexpr Check bad{"EFA-701",          "every admin queue is open",
                    "It stays closed.", Verdict::fail,
                    Published::yes,     unused};
constexpr Check odd{"EFA-401",     "memory may be locked", "Else jobs fail.",
                    Verdict::warn, Published::no,          unused};
constexpr Check good{"EFA-301",     "every device is there", "Jobs count on it.",
                     Verdict::fail, Published::yes,          unused};
constexpr Check dark{"EFA-101",
                     "the security group lets itself in",
                     "Else nothing.",
                     Verdict::fail,
                     Published::by_growth,
                     unused};

DoctorReport made_report() {
  DoctorReport report;
  report.host_name = "node-7";
  report.instance_type = "p5.48xlarge";
  report.entries = {{&dark, {Verdict::unknown, "EC2 was not asked", "aws ec2 describe"}},
                    {&good, {Verdict::pass, "32 of 32", ""}},
                    {&odd, {Verdict::warn, "64 KiB", "ulimit -l unlimited"}},
                    {&bad, {Verdict::fail, "efa_7 is closed \"now\"", "reload the driver"}}};
  return report;
}

TEST_CASE("what is wrong is told first, with why and what to do; what is right only if asked for") {
  const std::string text = text_of(made_report(), false, false);
  const auto at = [&](const char* word) { return text.find(word); };
  CHECK(at("FAIL  EFA-701  every admin queue is open") < at("WARN  EFA-401"));
  CHECK(at("WARN  EFA-401") < at("UNKNOWN  EFA-101"));
  CHECK_THAT(text, Catch::Contains("fix:   reload the driver\n"));
  CHECK_THAT(text, Catch::Contains("why:   Else jobs fail.\n"));
  CHECK(at("EFA-301") == std::string::npos);
  CHECK_THAT(text, Catch::Contains("node-7, p5.48xlarge: counters judged by their totals"));
  CHECK_THAT(text, Catch::EndsWith("1 FAIL, 1 WARN, 1 UNKNOWN, 1 PASS\n"));
  CHECK(at("\x1b") == std::string::npos);
  CHECK_THAT(text_of(made_report(), false, true), Catch::Contains("PASS  EFA-301"));
  CHECK_THAT(text_of(made_report(), true, false), Catch::Contains("\x1b[31mFAIL\x1b[0m"));
}

TEST_CASE("checks that are unknown for the same reason are told together, and two one by one") {
  DoctorReport report;
  const Finding none{Verdict::unknown, "no EFA device", ""};
  report.entries = {
      {&bad, none}, {&odd, none}, {&good, none}, {&dark, {Verdict::unknown, "x", ""}}};
  const std::string text = text_of(report, false, false);
  CHECK_THAT(text,
             Catch::Contains("UNKNOWN  EFA-701 EFA-401 EFA-301\n      found: no EFA device\n"));
  CHECK_THAT(text, Catch::Contains("UNKNOWN  EFA-101  the security group"));
  CHECK(text.find("every admin queue") == std::string::npos);
  report.entries.erase(report.entries.begin());
  CHECK_THAT(text_of(report, false, false), Catch::Contains("UNKNOWN  EFA-401  memory may"));
}

TEST_CASE("the exit code is that of the worst; what is not known is no failure") {
  DoctorReport report = made_report();
  CHECK(report.exit_code() == 2);
  report.entries.pop_back();
  CHECK(report.exit_code() == 1);
  report.entries.pop_back();
  CHECK(report.exit_code() == 0);
  CHECK(DoctorReport().exit_code() == 0);
}

TEST_CASE("for a gate what is not known is a failure, and a warning stays one") {
  DoctorReport report = made_report();
  report.strict = true;
  report.entries = {{&good, {Verdict::pass, "32 of 32", ""}}};
  CHECK(report.exit_code() == 0);
  report.entries.push_back({&odd, {Verdict::warn, "64 KiB", "ulimit -l unlimited"}});
  CHECK(report.exit_code() == 1);
  report.entries.push_back({&bad, {Verdict::unknown, "efa_7 did not answer", ""}});
  CHECK(report.exit_code() == 2);
  CHECK(nlohmann::json::parse(json_of(report))["exit_code"] == 2);
}

TEST_CASE("programs are told everything, in the order of the checks") {
  DoctorReport report = made_report();
  report.watched = std::chrono::seconds(10);
  const auto json = nlohmann::json::parse(json_of(report));
  CHECK(json["schema_version"] == 1);
  CHECK(json["watched_seconds"] == 10);
  CHECK(json["exit_code"] == 2);
  CHECK(json["summary"]["UNKNOWN"] == 1);
  REQUIRE(json["checks"].size() == 4);
  CHECK(json["checks"][0]["code"] == "EFA-101");
  CHECK(json["checks"][3]["result"] == "FAIL");
  CHECK(json["checks"][3]["found"] == "efa_7 is closed \"now\"");
  CHECK(json["checks"][3]["fix"] == "reload the driver");
  CHECK(json["checks"][3]["why"] == "It stays closed.");
}

TEST_CASE("what efa-probe told stands in JSON as it told it, and nothing if it was not asked") {
  DoctorReport report = made_report();
  CHECK_FALSE(nlohmann::json::parse(json_of(report)).contains("probe"));
  report.probe = R"({"schema_version": 1, "devices": [{"name": "efa_0", "new": [1.5, null]}]})";
  CHECK(nlohmann::json::parse(json_of(report))["probe"] == nlohmann::json::parse(report.probe));
}

TEST_CASE("text that is not UTF-8 does not break what programs are told") {
  DoctorReport report = made_report();
  report.host_name = "node\xff";
  CHECK(nlohmann::json::accept(json_of(report)));
}

}  // namespace
}  // namespace efa::test
