#include "collectors/ownership/ownership_builder.h"

#include "tests/ownership/made_workload.h"
#include "tests/support/catch.h"

namespace efa::test {
namespace {

std::uint64_t count(const Share& share, Resource resource) {
  return share.counts[static_cast<std::size_t>(resource)].value_or(0);
}

TEST_CASE("objects of all processes of a workload are summed up, device by device") {
  OwnershipBuilder builder;
  const Workload first = made_workload("slurm:7.0", 100, 5000);
  const Workload second = made_workload("slurm:7.0", 101, 4000);
  builder.add("efa_0", Resource::mr, first, 4096);
  builder.add("efa_0", Resource::mr, second, 100);
  builder.add("efa_1", Resource::ctx, second);
  const auto owners = std::move(builder).owners();

  REQUIRE(owners.size() == 1);
  CHECK(owners[0].workload.owner == "slurm:7.0");
  CHECK(owners[0].processes == 2);
  CHECK(owners[0].members == std::map<std::uint32_t, std::uint64_t>{{100, 5000}, {101, 4000}});
  CHECK(owners[0].start_ticks == 4000);
  REQUIRE(owners[0].shares.size() == 2);
  CHECK(owners[0].shares[0].device == "efa_0");
  CHECK(count(owners[0].shares[0], Resource::mr) == 2);
  CHECK(owners[0].shares[0].registered_bytes == 4196);
  CHECK_FALSE(owners[0].shares[0].counts[static_cast<std::size_t>(Resource::ctx)]);
  CHECK(count(owners[0].shares[1], Resource::ctx) == 1);
}

TEST_CASE("each rank that holds something of a device is told once") {
  OwnershipBuilder builder;
  Workload first = made_workload("slurm:7.0", 100, 1);
  first.rank = {"8", "0"};
  Workload second = made_workload("slurm:7.0", 101, 1);
  second.rank = {"9", "1"};
  builder.add("efa_0", Resource::pd, first);
  builder.add("efa_0", Resource::mr, first);
  builder.add("efa_0", Resource::pd, second);
  builder.add("efa_1", Resource::pd, made_workload("slurm:7.0", 102, 1));
  const auto owners = std::move(builder).owners();
  using Ranks = std::set<Workload::Rank>;
  CHECK(owners.at(0).shares.at(0).ranks == Ranks{{"8", "0"}, {"9", "1"}});
  CHECK(owners.at(0).shares.at(1).ranks.empty());
}

TEST_CASE("a process with two objects is one process") {
  OwnershipBuilder builder;
  const Workload workload = made_workload("unit:a.service", 100, 1);
  builder.add("efa_0", Resource::pd, workload);
  builder.add("efa_0", Resource::cq, workload);
  CHECK(std::move(builder).owners().at(0).processes == 1);
}

TEST_CASE("the longest-lived owner comes first, of two of the same age by name") {
  OwnershipBuilder builder;
  builder.add("efa_0", Resource::pd, made_workload("c", 1, 300));
  builder.add("efa_0", Resource::pd, made_workload("b", 2, 100));
  builder.add("efa_0", Resource::pd, made_workload("a", 3, 300));
  const auto owners = std::move(builder).owners();
  REQUIRE(owners.size() == 3);
  CHECK(owners[0].workload.owner == "b");
  CHECK(owners[1].workload.owner == "a");
  CHECK(owners[2].workload.owner == "c");
}

TEST_CASE("owners beyond the limit are summed up as one, and nothing of them is lost") {
  OwnershipBuilder builder;
  for (std::uint32_t i = 1; i <= 5; ++i) {
    builder.add("efa_0", Resource::mr, made_workload("job" + std::to_string(i), i, i), 10);
    builder.add(i == 5 ? "efa_1" : "efa_0", Resource::ctx,
                made_workload("job" + std::to_string(i), i, i));
  }
  auto owners = std::move(builder).owners();
  limit_owners(owners, 2);

  REQUIRE(owners.size() == 3);
  CHECK(owners[1].workload.owner == "job2");
  const Owner& other = owners[2];
  CHECK(other.workload.owner == "other");
  CHECK_FALSE(other.start_ticks);
  CHECK(other.processes == 3);
  REQUIRE(other.shares.size() == 2);
  CHECK(count(other.shares[0], Resource::mr) == 3);
  CHECK(count(other.shares[0], Resource::ctx) == 2);
  CHECK(other.shares[0].registered_bytes == 30);
  CHECK(other.shares[1].device == "efa_1");
  CHECK(count(other.shares[1], Resource::ctx) == 1);
}

TEST_CASE("as many owners as allowed are left alone") {
  OwnershipBuilder builder;
  builder.add("efa_0", Resource::pd, made_workload("a", 1, 1));
  auto owners = std::move(builder).owners();
  limit_owners(owners, 1);
  REQUIRE(owners.size() == 1);
  CHECK(owners[0].workload.owner == "a");
}

}  // namespace
}  // namespace efa::test
