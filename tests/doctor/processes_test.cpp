#include "agent/doctor/processes.h"

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

}  // namespace
}  // namespace efa::test
