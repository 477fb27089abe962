#include "config/instance_types.h"

#include <fstream>
#include <stdexcept>
#include <string>

#include "config/instance_type_lines.h"
#include "tests/support/catch.h"

namespace efa {
namespace {

using Lines = std::vector<std::string_view>;

std::string message_for(const std::string& row) {
  const std::string header(instance_type_lines().front());
  const Lines lines = {header, row};
  try {
    static_cast<void>(parse_instance_types(lines));
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("the table of instance types that is built in is the CSV file, line by line") {
  std::ifstream file(EFA_SOURCE_DIR "/config/efa_instance_types.csv");
  std::string line;
  for (const std::string_view built_in : instance_type_lines()) {
    REQUIRE(std::getline(file, line));
    CHECK(built_in == line);
  }
  CHECK_FALSE(std::getline(file, line));
}

TEST_CASE("every line of the built-in table is a type of its own") {
  CHECK(instance_types().size() == instance_type_lines().size() - 1);
  CHECK(instance_types().size() == 305);
}

TEST_CASE("an instance type has what its row says") {
  const auto type = find_instance_type("p5.48xlarge");
  REQUIRE(type);
  CHECK(type->name == "p5.48xlarge");
  CHECK(type->max_efa_interfaces == 32U);
  CHECK(type->efa_generation == "v2");
  CHECK(type->nitro_version == "v4");
  CHECK(type->rdma_read);
  CHECK(type->rdma_write);
  CHECK(type->aggregate_network_gbps == 3200.0);
  CHECK(type->accelerator_name == "nvidia h100");
  const auto reads_only = find_instance_type("p4d.24xlarge");
  REQUIRE(reads_only);
  CHECK(reads_only->rdma_read);
  CHECK_FALSE(reads_only->rdma_write);
}

TEST_CASE("a cell of the table that is empty is nothing, not zero") {
  const auto type = find_instance_type("r9g.48xlarge");
  REQUIRE(type);
  CHECK_FALSE(type->max_efa_interfaces);
  CHECK_FALSE(type->aggregate_network_gbps);
  CHECK(type->accelerator_name.empty());
}

TEST_CASE("a row whose note holds a comma is read whole") {
  const auto type = find_instance_type("trn2.3xlarge");
  REQUIRE(type);
  CHECK(type->max_efa_interfaces == 1U);
  CHECK(type->aggregate_network_gbps == 200.0);
}

TEST_CASE("an instance type without EFA is not found") {
  CHECK_FALSE(find_instance_type("t3.micro"));
  CHECK_FALSE(find_instance_type("p5"));
  CHECK_FALSE(find_instance_type(""));
}

TEST_CASE("the types near a mistyped one are those that begin like it, the likeliest first") {
  const auto first_near = [](std::string_view name) {
    const auto near = near_instance_types(name);
    return near.empty() ? std::string_view() : near.front();
  };
  CHECK(first_near("p5.48xl") == "p5.48xlarge");
  CHECK(first_near("P5.48XLARGE") == "p5.48xlarge");
  CHECK(first_near("p5en.48xlrge") == "p5en.48xlarge");
  CHECK(first_near("p6.48xlarge").starts_with("p6"));
  CHECK(near_instance_types("m5.24xlarge").size() == 3);
  CHECK(near_instance_types("banana").empty());
  CHECK(near_instance_types("").empty());
}

TEST_CASE("a malformed row of the table is refused, with its line and what is wrong with it") {
  const std::string good = "p9.48xlarge,8,8,v4,v6,yes,yes,3200,8,nvidia b300,amd64,no,\"a, b\"";
  REQUIRE(message_for(good).empty());
  CHECK(message_for("p9.48xlarge,8,8") == "line 2: not 13 cells");
  CHECK(message_for(good + ",more") == "line 2: not 13 cells");
  CHECK(message_for("") == "line 2: not 13 cells");
  CHECK(message_for("p9,8,8,v4,v6,yes,yes,3200,,,amd64,no,x") ==
        "line 2: not an instance type: p9");
  CHECK(message_for("p9.a,many,8,v4,v6,yes,yes,1,,,amd64,no,x") ==
        "line 2: not a positive number: many");
  CHECK(message_for("p9.a,-1,8,v4,v6,yes,yes,1,,,amd64,no,x") ==
        "line 2: not a positive number: -1");
  CHECK(message_for("p9.a,0,8,v4,v6,yes,yes,1,,,amd64,no,x") == "line 2: not a positive number: 0");
  CHECK(message_for("p9.a,1,8,v4,v6,yes,yes,inf,,,amd64,no,x") ==
        "line 2: not a positive number: inf");
  CHECK(message_for("p9.a,1,8,4,v6,yes,yes,1,,,amd64,no,x") == "line 2: not a version like v4: 4");
  CHECK(message_for("p9.a,1,8,v4,v6,true,yes,1,,,amd64,no,x") ==
        "line 2: neither yes nor no: true");
  CHECK(message_for("p9.a,1,8,v4,v6,yes,yes,1,,,amd64,no,\"x") ==
        "line 2: a quote that does not end");
  CHECK(message_for("p9.a,1,8,v4,v6,yes,yes,1,,,amd64,no,x\"y") == "line 2: a quote inside a cell");
  CHECK(message_for("p9.a,1,8,v4,v6,yes,yes,1,,,amd64,no,\"x\"y") ==
        "line 2: a quote inside a cell");
}

TEST_CASE("a table with another header, or with a type twice, is refused") {
  const std::string header(instance_type_lines().front());
  const std::string row = "p9.48xlarge,8,8,v4,v6,yes,yes,3200,,,amd64,no,x";
  CHECK_THROWS_AS(parse_instance_types(Lines{}), std::invalid_argument);
  CHECK_THROWS_AS(parse_instance_types(Lines{row}), std::invalid_argument);
  CHECK(parse_instance_types(Lines{header, row}).size() == 1);
  CHECK_THROWS_AS(parse_instance_types(Lines{header, row, row}), std::invalid_argument);
}

}  // namespace
}  // namespace efa
