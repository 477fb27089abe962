#include "collectors/workload/environment.h"

#include <algorithm>
#include <cerrno>

#include "tests/support/catch.h"
#include "tests/workload/fake_proc.h"

namespace efa::test {
namespace {

using namespace std::string_literals;

std::string taken(std::string bytes, bool is_cut = false) {
  std::string text;
  for (const EnvironmentVariable& variable : take_environment(bytes, is_cut)) {
    text += variable.name + '=' + variable.value + ';';
  }
  CHECK(std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == '\0'; }));
  return text;
}

std::string reason_of(const Result<Environment>& result) {
  return std::string(result ? "ok" : to_string(result.error().reason));
}

TEST_CASE("only listed variables are taken, and the bytes are overwritten") {
  CHECK(taken("AWS_SECRET_ACCESS_KEY=secret\0RANK=3\0PATH=/bin\0WORLD_SIZE=8\0"s) ==
        "RANK=3;WORLD_SIZE=8;");
  CHECK(taken("XRANK=1\0RANKX=2\0rank=3\0RANK =4\0 RANK=5\0FI_EFA_SECRET=6\0"s).empty());
  CHECK(taken("SLURM_JOB_ID=1=2\0"s) == "SLURM_JOB_ID=1=2;");
  CHECK(taken("RANK=\0"s) == "RANK=;");
}

TEST_CASE("of two alike the first counts") { CHECK(taken("RANK=1\0RANK=2\0"s) == "RANK=1;"); }

TEST_CASE("values are at most 64 printable characters") {
  CHECK(taken("SLURM_JOB_NAME=" + std::string(1000, 'x') + '\0') ==
        "SLURM_JOB_NAME=" + std::string(64, 'x') + ';');
  CHECK(taken("SLURM_JOB_NAME=a\nb\x7f\xff\x1b[0m\0"s) == "SLURM_JOB_NAME=a?b???[0m;");
}

TEST_CASE("what is no environment is empty, and of one that is cut the last does not count") {
  for (const std::string& bytes :
       {""s, "\0"s, "\0\0\0"s, "RANK"s, "=RANK"s, "RANK\0=1"s, std::string(65536, 'x')}) {
    CHECK(taken(bytes).empty());
  }
  CHECK(taken("RANK=1\0WORLD_SIZE=16"s) == "RANK=1;WORLD_SIZE=16;");
  CHECK(taken("RANK=1\0WORLD_SIZE=16"s, true) == "RANK=1;");
  CHECK(taken("RANK=1"s, true).empty());
}

TEST_CASE("the list is of names, each once") {
  auto names = readable_variables;
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
  for (const std::string_view name : names) {
    CAPTURE(name);
    CHECK(name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos);
    for (const char* const part : {"KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL"}) {
      CHECK(name.find(part) == std::string::npos);
    }
  }
}

TEST_CASE("a process' environment is read, however large") {
  FakeProc proc;
  proc.set({.pid = 123});
  FaultyFiles files;
  for (const std::size_t size : {0U, 16374U, 16375U, 16376U, 100000U, 3000000U}) {
    CAPTURE(size);
    proc.set(123, "environ", "RANK=1\0X="s + std::string(size, 'x') + "\0WORLD_SIZE=8\0"s);
    const auto environment = read_environment(files, proc.root(), 123, 1000);
    REQUIRE(environment);
    Environment expected{{"RANK", "1"}, {"WORLD_SIZE", "8"}};
    if (size > 2 * 1024 * 1024) {
      expected.pop_back();
    }
    CHECK(*environment == expected);
  }
  CHECK(files.open_descriptors() == 0);
}

TEST_CASE("another process under the same pid gives nothing") {
  FakeProc proc;
  proc.set({.pid = 123, .start_ticks = 2000});
  proc.set(123, "environ", "RANK=1\0"s);
  FaultyFiles files;
  CHECK(reason_of(read_environment(files, proc.root(), 123, 1000)) == "absent");
  CHECK(reason_of(read_environment(files, proc.root(), 123, 2000)) == "ok");
}

TEST_CASE("an environment that may not be read is denied, one that went is absent") {
  FakeProc proc;
  proc.set({.pid = 123});
  FaultyFiles files;
  CHECK(reason_of(read_environment(files, proc.root(), 7, 1000)) == "absent");
  CHECK(reason_of(read_environment(files, proc.root(), 123, 1000)) == "absent");
  proc.set(123, "environ", "RANK=1\0"s);
  files.fail_read("environ", ESRCH);
  CHECK(reason_of(read_environment(files, proc.root(), 123, 1000)) == "absent");
  files.heal();
  files.fail_open("environ", EACCES);
  const auto denied = read_environment(files, proc.root(), 123, 1000);
  CHECK(reason_of(denied) == "denied");
  CHECK(denied.error().context == proc.root() + "/123/environ");
  files.heal();
  files.replace("stat", "nonsense");
  CHECK(reason_of(read_environment(files, proc.root(), 123, 1000)) == "malformed");
}

}  // namespace
}  // namespace efa::test
