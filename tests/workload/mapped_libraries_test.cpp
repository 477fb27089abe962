#include "collectors/workload/mapped_libraries.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace efa::test {
namespace {

constexpr std::string_view names[] = {"libnccl-net", "libfabric.so"};
constexpr const char* fabric_line =
    "7f1c2a000000-7f1c2a200000 r-xp 00000000 103:01 1234 "
    "/opt/amazon/efa/lib64/libfabric.so.1.23.0\n";
constexpr const char* nccl_line =
    "7f1c2b000000-7f1c2b200000 r-xp 00000000 103:01 1235 /opt/amazon/ofi-nccl/lib/libnccl-net.so\n";
constexpr const char* other_line =
    "7f1c2c000000-7f1c2c200000 r-xp 00000000 103:01 1236 /usr/lib64/libc.so.6\n";

TEST_CASE("a library is known by its file name, the first of the list counts") {
  const std::string maps = std::string(other_line).append(fabric_line).append(nccl_line);
  CHECK(mapped_library(maps, names) == "libnccl-net.so");
  CHECK(mapped_library(std::string(other_line).append(fabric_line), names) ==
        "libfabric.so.1.23.0");
  CHECK(mapped_library(other_line, names).empty());
  CHECK(mapped_library("", names).empty());
  CHECK(mapped_library("7f-7f rw-p 0 00:00 0 \n7f-7f rw-p 0 00:00 0 [heap]\n", names).empty());
  CHECK(mapped_library("1-2 r-xp 0 0:0 1 /home/libfabric.so/data\n", names).empty());
}

TEST_CASE("processes that have mapped a library are found, others are not") {
  const TempDir procfs;
  const auto process = [&](const std::string& pid, const std::string& maps) {
    std::filesystem::create_directories(procfs.path() / pid);
    std::ofstream(procfs.path() / pid / "maps") << maps;
    std::ofstream(procfs.path() / pid / "comm") << "trainer\n";
  };
  process("20", std::string(200'000, ' ') + "\n" + fabric_line);
  process("3", nccl_line);
  process("4", other_line);
  process("self", fabric_line);
  std::filesystem::create_directories(procfs.path() / "5");  // went between two calls
  PosixFiles files;
  const auto found = find_library_users(files, procfs.path(), names);
  REQUIRE(found);
  CHECK(found->users == std::vector<LibraryUser>{{3, "trainer", "libnccl-net.so"},
                                                 {20, "trainer", "libfabric.so.1.23.0"}});
  CHECK(found->denied == 0);
}

TEST_CASE("this process is found by a library that it has itself") {
  constexpr std::string_view standard[] = {"libstdc++"};
  PosixFiles files;
  const auto found = find_library_users(files, "/proc", standard);
  REQUIRE(found);
  const auto self = static_cast<std::uint32_t>(::getpid());
  CHECK(std::any_of(found->users.begin(), found->users.end(),
                    [&](const LibraryUser& user) { return user.pid == self; }));
}

TEST_CASE("a procfs that is not there is an error") {
  PosixFiles files;
  CHECK_FALSE(find_library_users(files, "/nowhere", names));
}

}  // namespace
}  // namespace efa::test
