#include "agent/doctor/processes.h"

#include <initializer_list>
#include <map>
#include <set>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/faulty_files.h"
#include "tests/support/kept.h"
#include "tests/workload/fake_proc.h"

namespace efa::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Ownership held_by(std::initializer_list<std::uint32_t> pids) {
  Owner owner;
  owner.workload.owner = "job 7";
  for (const std::uint32_t pid : pids) {
    owner.members.emplace(pid, 1000);
  }
  Ownership ownership;
  ownership.owners.push_back(std::move(owner));
  return ownership;
}

FakeProc& made_proc() {
  static FakeProc proc;
  for (const std::uint32_t pid : {20U, 30U}) {
    FakeProc::Process process;
    process.pid = pid;
    proc.set(process);
    proc.set(pid, "limits",
             "Max locked memory         65536                65536                bytes\n");
    proc.set(pid, "environ", std::string("FI_PROVIDER=efa\0", 16));
  }
  return proc;
}

TEST_CASE("what limits those who hold an EFA, and how they were started") {
  PosixFiles files;
  const auto holders = find_holders(files, made_proc().root(), held_by({20, 30}), seconds(60));
  REQUIRE(holders.size() == 2);
  for (const Holder& holder : holders) {
    CHECK(holder.owner == "job 7");
    CHECK(holder.memlock == MemlockLimit{65536, 65536});
    CHECK(holder.environment == Environment{{"FI_PROVIDER", "efa"}});
  }
}

TEST_CASE("a process whose files hang is a holder all the same") {
  auto& files = kept<FaultyFiles>();
  files.block_reads("20/limits");
  const auto holders = find_holders(files, made_proc().root(), held_by({20}), milliseconds(100));
  REQUIRE(holders.size() == 1);
  CHECK(holders[0].pid == 20);
  CHECK_FALSE(holders[0].memlock);
  CHECK_FALSE(holders[0].environment);
  files.release_all();
}

constexpr const char* fabric = "libfabric.so.1";
constexpr const char* plugin = "libnccl-net.so";

// A family in which nobody holds anything, unless a test says so:
//   1 init - 10 launcher - 20 rank - 21 worker - 22 worker's worker
//                        - 30 rank
struct Family {
  Family() {
    for (const auto& [pid, parent] : std::map<std::uint32_t, std::uint32_t>{
             {1, 0}, {10, 1}, {20, 10}, {21, 20}, {22, 21}, {30, 10}}) {
      FakeProc::Process process;
      process.pid = pid;
      process.parent = parent;
      proc.set(process);
    }
  }
  std::vector<std::uint32_t> told(const std::map<std::uint32_t, std::string>& mapped,
                                  const std::set<std::uint32_t>& holders) {
    std::vector<LibraryUser> users;
    users.reserve(mapped.size());
    for (const auto& [pid, library] : mapped) {
      users.push_back({pid, "python", library});
    }
    std::vector<std::uint32_t> pids;
    for (const LibraryUser& user : without_holders(files, proc.root(), users, holders)) {
      pids.push_back(user.pid);
    }
    return pids;
  }

  FakeProc proc;
  PosixFiles files;
};

using Pids = std::vector<std::uint32_t>;

TEST_CASE("what a holder has forked has its libraries, and is not told for it") {
  Family family;
  const std::map<std::uint32_t, std::string> all{
      {20, plugin}, {21, plugin}, {22, plugin}, {30, plugin}};
  CHECK(family.told(all, {20, 30}).empty());
  CHECK(family.told(all, {20}) == Pids{30});
  // Also where the one between them has mapped nothing.
  CHECK(family.told({{20, plugin}, {22, plugin}}, {20}).empty());
}

TEST_CASE("of a family that holds nothing the first with the library is told") {
  Family family;
  CHECK(family.told({{20, plugin}, {21, plugin}, {22, plugin}, {30, plugin}}, {}) == Pids{20, 30});
  CHECK(family.told({{20, fabric}, {21, plugin}}, {}) == Pids{20, 21});
}

TEST_CASE("a child that holds an EFA says nothing of its parent") {
  Family family;
  CHECK(family.told({{20, plugin}, {21, plugin}}, {21}) == Pids{20});
}

TEST_CASE("processes that are gone, or in a circle, are told and end the search") {
  Family family;
  family.proc.remove(10);
  CHECK(family.told({{20, plugin}}, {30}) == Pids{20});
  FakeProc::Process process;
  process.pid = 10;
  process.parent = 20;
  family.proc.set(process);
  CHECK(family.told({{20, plugin}}, {30}) == Pids{20});
}

}  // namespace
}  // namespace efa::test
