#include "collectors/workload/process.h"

#include "collectors/workload/process_directory.h"
#include "tests/support/catch.h"
#include "tests/workload/fake_proc.h"

namespace efa::test {
namespace {

const FakeProc::Process process_123{.pid = 123};

std::string reason_of(const Result<ProcessInfo>& result) {
  return std::string(result ? "ok" : to_string(result.error().reason));
}

TEST_CASE("a name may hold spaces, parentheses and newlines") {
  for (const char* const comm :
       {"rank", "", "a b", ")", "(", "x) S 1 1 1 1 1 1 1 1 1", "a\n) R 7", "\xff\xfe"}) {
    CAPTURE(comm);
    FakeProc::Process process = process_123;
    process.comm = comm;
    CHECK(parse_stat_fields(FakeProc::stat_of(process)) == StatFields{comm, 1, 1000});
  }
}

TEST_CASE("a stat without its fields is not read") {
  using namespace std::string_literals;
  const std::string whole = FakeProc::stat_of(process_123);
  for (const std::string& text :
       {""s, "\n"s, "123"s, "123 (rank"s, "123 )rank( S 1"s, "123 (rank) S"s,
        "123 (rank) S -1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1000"s,
        "123 (rank) S 4294967296 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1000"s, std::string(64, '\0'),
        whole.substr(0, whole.find(" 1000"))}) {
    CAPTURE(text);
    CHECK_FALSE(parse_stat_fields(text));
  }
  CHECK(parse_stat_fields(whole.substr(0, whole.find(" 3133440"))));
}

TEST_CASE("a status tells the process and its real user") {
  CHECK(parse_status_fields(FakeProc::status_of(process_123)) == StatusFields{123, 1000});
  CHECK(parse_status_fields("Name:\tTgid: 7\nTgid:\t8\nUid:\t9 1 1 1") == StatusFields{8, 9});
  for (const char* const text :
       {"", "Name:\tx\n", "Name:\tx\nTgid:\t1\n", "Name:\tx\nUid:\t1\n", "Name:\tx\nTgid:\nUid:\t1",
        "Name:\tx\nTgid:\t-1\nUid:\t1\n", "Name:\tx\nTgid:\t4294967296\nUid:\t1\n",
        "Name:\tx\nTgid:\t1x\nUid:\t1\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_status_fields(text));
  }
}

TEST_CASE("a process is read whole, and no descriptor is left") {
  FakeProc proc;
  proc.set(process_123);
  FaultyFiles files;
  const auto info = read_process(files, proc.root(), 123);
  REQUIRE(info);
  CHECK(*info == ProcessInfo{123, 1000, 1, 1000, "rank", "0::/system.slice/a.service\n"});
  const auto start = read_start_ticks(files, proc.root(), 123);
  REQUIRE(start);
  CHECK(*start == 1000);
  CHECK(files.open_descriptors() == 0);
}

TEST_CASE("a thread is read as its process") {
  FakeProc proc;
  proc.set(process_123);
  proc.set({.pid = 125, .tgid = 123, .comm = "efa-progress", .start_ticks = 1010});
  FaultyFiles files;
  const auto info = read_process(files, proc.root(), 125);
  REQUIRE(info);
  CHECK(info->pid == 123);
  CHECK(info->start_ticks == 1000);
  CHECK(info->comm == "rank");
  proc.remove(123);
  CHECK(reason_of(read_process(files, proc.root(), 125)) == "absent");
}

TEST_CASE("a process that goes while it or its thread is read is absent, whatever was read") {
  const bool by_thread = GENERATE(false, true);
  int calls = 0;
  for (int step = 0; step <= calls; ++step) {
    CAPTURE(by_thread, step);
    FakeProc proc;
    proc.set(process_123);
    proc.set({.pid = 125, .tgid = 123});
    SteppedFiles files([&](int call) {
      if (call == step) {
        proc.remove(123);
        proc.remove(125);
        files.files.fail_read("*/*", ESRCH);
      }
    });
    const auto info = read_process(files, proc.root(), by_thread ? 125 : 123);
    calls = std::max(calls, files.calls());
    CHECK(reason_of(info) == (step < files.calls() ? "absent" : "ok"));
  }
  CHECK(calls == (by_thread ? 18 : 8));
}

TEST_CASE("a pid that another process gets while it is read is absent, whatever was read") {
  int calls = 0;
  for (int step = 0; step <= calls; ++step) {
    CAPTURE(step);
    FakeProc proc;
    proc.set(process_123);
    SteppedFiles files([&](int call) {
      if (call == step) {
        proc.set({.pid = 123,
                  .comm = "other",
                  .start_ticks = 2000,
                  .uid = 7,
                  .cgroup = "0::/system.slice/other.service\n"});
      }
    });
    const auto info = read_process(files, proc.root(), 123);
    calls = std::max(calls, files.calls());
    // All of the one, all of the other, or nothing.
    const bool is_other = info && info->start_ticks == 2000;
    CHECK((!info ? reason_of(info) : info->comm) == (is_other ? "other"
                                                     : info   ? "rank"
                                                              : "absent"));
    if (info) {
      CHECK(info->cgroup == (is_other ? "0::/system.slice/other.service\n" : process_123.cgroup));
      CHECK(info->real_uid == (is_other ? 7U : 1000U));
    }
    CHECK(reason_of(info) == (step <= 2 || step >= files.calls() ? "ok" : "absent"));
  }
}

TEST_CASE("a thread id that another process gets while it is read is absent") {
  FakeProc proc;
  proc.set(process_123);
  proc.set({.pid = 125, .tgid = 123});
  int seen = 0;
  SteppedFiles files([&](int call) {
    if (call == 9) {
      proc.set({.pid = 125, .tgid = 125});
      ++seen;
    }
  });
  CHECK(reason_of(read_process(files, proc.root(), 125)) == "absent");
  CHECK(seen == 1);
}

TEST_CASE("a process that may not be looked at is denied, with its path") {
  for (const char* const file : {"stat", "status", "cgroup"}) {
    for (const int errno_value : {EPERM, EACCES}) {
      CAPTURE(file, errno_value);
      FakeProc proc;
      proc.set(process_123);
      FaultyFiles files;
      files.fail_open(std::string("123/") + file, errno_value);
      const auto info = read_process(files, proc.root(), 123);
      CHECK(reason_of(info) == "denied");
      CHECK(info.error().context == proc.root() + "/123/" + file);
    }
  }
  FakeProc proc;
  FaultyFiles files;
  files.fail_open("123", EPERM);
  CHECK(reason_of(read_process(files, proc.root(), 123)) == "denied");
  CHECK(reason_of(read_process(files, proc.root(), 0)) == "absent");
}

TEST_CASE("a process without the fields it has to have is malformed, with its path") {
  for (const char* const file : {"stat", "status"}) {
    CAPTURE(file);
    FakeProc proc;
    proc.set(process_123);
    proc.set(123, file, "nonsense");
    FaultyFiles files;
    const auto info = read_process(files, proc.root(), 123);
    CHECK(reason_of(info) == "malformed");
    CHECK(info.error().context == proc.root() + "/123/" + file);
  }
}

TEST_CASE("of a cgroup file that is too large the whole lines are read") {
  FakeProc proc;
  proc.set(process_123);
  const std::string line = "1:cpu:/" + std::string(4088, 'a') + "\n";
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += line;
  }
  FaultyFiles files;
  proc.set(123, "cgroup", line + line);
  auto info = read_process(files, proc.root(), 123);
  REQUIRE(info);
  CHECK(info->cgroup == line + line);

  proc.set(123, "cgroup", "x\n" + text);
  info = read_process(files, proc.root(), 123);
  REQUIRE(info);
  CHECK(info->cgroup.size() < ProcessDirectory::largest);
  CHECK(info->cgroup.ends_with("a\n"));

  proc.set(123, "cgroup", std::string(ProcessDirectory::largest * 2, 'a'));
  CHECK(reason_of(read_process(files, proc.root(), 123)) == "malformed");
}

}  // namespace
}  // namespace efa::test
