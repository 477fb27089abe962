#include "agent/doctor/probe_reader.h"

#include <cstddef>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/probe/probe_writer.h"
#include "tests/doctor/made_report.h"
#include "tests/support/catch.h"

namespace efa::test {
namespace {

using nlohmann::json;

void check_same(const ProbedStep& found, const ProbedStep& wanted) {
  CHECK(found.step == wanted.step);
  CHECK(found.outcome == wanted.outcome);
  CHECK(found.error == wanted.error);
  CHECK(found.text == wanted.text);
  CHECK(found.milliseconds == wanted.milliseconds);
}

void check_same(const ProbedDevice& found, const ProbedDevice& wanted) {
  CHECK(found.name == wanted.name);
  CHECK(found.node == wanted.node);
  CHECK((found.offers == wanted.offers));
  REQUIRE(found.steps.size() == wanted.steps.size());
  for (std::size_t i = 0; i < wanted.steps.size(); ++i) {
    check_same(found.steps[i], wanted.steps[i]);
  }
}

std::string mistake_in(const json& document) {
  const auto report = read_probe(document.dump());
  REQUIRE_FALSE(report);
  CHECK(report.error().reason == Reason::malformed);
  return report.error().message();
}

TEST_CASE("doctor reads all that efa-probe tells") {
  const ProbeReport wanted = made_probe_report();
  const auto found = read_probe(json_of(wanted));
  REQUIRE(found);
  CHECK(found->problem == ProbeReport::Problem::none);
  CHECK(found->list_error.empty());
  REQUIRE(found->devices.size() == wanted.devices.size());
  for (std::size_t i = 0; i < wanted.devices.size(); ++i) {
    check_same(found->devices[i], wanted.devices[i]);
  }
}

TEST_CASE("why libibverbs lists nothing is read, too") {
  ProbeReport report;
  report.list_error = "Function not implemented";
  const auto found = read_probe(json_of(report));
  REQUIRE(found);
  CHECK(found->devices.empty());
  CHECK(found->list_error == "Function not implemented");
}

TEST_CASE("the exit code of efa-probe tells whether all work, some do not, or there is none") {
  ProbeReport report = made_probe_report();
  CHECK(exit_code_of(report) == 2);
  report.devices.resize(1);
  CHECK(exit_code_of(report) == 0);
  report.devices.clear();
  CHECK(exit_code_of(report) == 3);
}

TEST_CASE("JSON says of each device whether it works") {
  const json document = json::parse(json_of(made_probe_report()));
  CHECK(document["devices"][0]["works"] == true);
  CHECK(document["devices"][1]["works"] == false);
  CHECK(document["devices"][2]["works"] == false);
  CHECK(document["devices"][0]["offers"]["unsolicited_write_recv"].is_null());
}

TEST_CASE("a document that is cut off anywhere is no report") {
  std::string text = json_of(made_probe_report());
  text.pop_back();  // the line's end
  for (std::size_t size = 0; size < text.size(); ++size) {
    REQUIRE_FALSE(read_probe(std::string_view(text).substr(0, size)));
  }
  REQUIRE(read_probe(text));
  CHECK_FALSE(read_probe(text + text));
}

TEST_CASE("members that are added later are passed over") {
  json document = json::parse(json_of(made_probe_report()));
  document["new"] = {1, 2};
  document["devices"][0]["new"] = nullptr;
  document["devices"][0]["steps"][0]["new"] = "x";
  document["devices"][0]["offers"]["new"] = false;
  CHECK(read_probe(document.dump()));
}

TEST_CASE("a member that is missing or of another type is named") {
  const json document = json::parse(json_of(made_probe_report()));
  const std::vector<std::pair<std::string, std::string>> members = {
      {"/schema_version", "schema_version"},
      {"/devices", "devices"},
      {"/devices/0/name", "name"},
      {"/devices/0/node", "node"},
      {"/devices/0/steps", "steps"},
      {"/devices/0/steps/3/step", "step"},
      {"/devices/0/steps/3/result", "result"},
      {"/devices/0/steps/3/milliseconds", "milliseconds"},
      {"/devices/1/steps/1/error", "error"},
      {"/devices/1/steps/1/text", "text"},
      {"/devices/0/offers/max_qp", "max_qp"},
      {"/devices/0/offers/max_rdma_bytes", "max_rdma_bytes"},
      {"/devices/0/offers/rdma_read", "rdma_read"},
      {"/devices/0/offers/unsolicited_write_recv", "unsolicited_write_recv"},
  };
  for (const auto& [path, name] : members) {
    INFO(path);
    const json::json_pointer place(path);
    json without = document;
    without[place.parent_pointer()].erase(place.back());
    CHECK_THAT(mistake_in(without), Catch::StartsWith(name + ": "));
    for (const json& wrong : {json(-1), json::object(), json("no such word")}) {
      if (wrong.type() != document[place].type() || (name == "step" || name == "result")) {
        json other = document;
        other[place] = wrong;
        if (!(name == "milliseconds" && wrong.is_number())) {
          CHECK_THAT(mistake_in(other), Catch::StartsWith(name + ": "));
        }
      }
    }
  }
}

TEST_CASE("what is of another version, no object, or has devices that are none is no report") {
  json document = json::parse(json_of(made_probe_report()));
  document["schema_version"] = 2;
  CHECK_THAT(mistake_in(document), Catch::Contains("schema_version"));
  for (const char* const text :
       {"", "null", "[]", "1", "\"x\"", "{}", "{\"schema_version\": 1}", "\xff\xfe",
        R"({"schema_version": 1, "devices": [null]})", R"({"schema_version": 1, "devices": [[]]})",
        R"({"schema_version": 1, "devices": [], "list_error": 7})",
        R"({"schema_version": 1, "devices": [{"name": "a", "node": "b", "steps": []}]})",
        R"({"schema_version": 1, "devices": [{"name": "a", "node": "b", "steps": [3]}]})"}) {
    INFO(text);
    CHECK_FALSE(read_probe(text));
  }
  CHECK(read_probe(R"({"schema_version": 1, "devices": []})"));
}

TEST_CASE("deep, random and damaged documents are no more than no report") {
  CHECK_FALSE(read_probe(std::string(100'000, '[')));
  std::mt19937 random(1);
  const std::string good = json_of(made_probe_report());
  std::size_t refused = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string text = good;
    for (int i = 0; i < 3; ++i) {
      text[random() % text.size()] = static_cast<char>(random() % 256);
    }
    refused += read_probe(text) ? 0U : 1U;
    for (char& byte : text) {
      byte = static_cast<char>(random() % 256);
    }
    text.resize(random() % 200);
    CHECK_FALSE(read_probe(text));
  }
  CHECK(refused > 1000);
}

}  // namespace
}  // namespace efa::test
