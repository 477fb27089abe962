#include "collectors/process.h"

#include <fcntl.h>

#include <chrono>
#include <ctime>

#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/faulty_files.h"
#include "tests/support/recording_sink.h"
#include "tests/support/sysfs_tree.h"

namespace efa::test {
namespace {

constexpr const char* after_command =
    " S 1 2 3 0 -1 4194560 100 0 1 0 50 60 0 0 20 0 7 0 12345 987654321 2048 "
    "18446744073709551615\n";

TEST_CASE("what a process uses is read behind its command, whatever that is called") {
  for (const char* const command :
       {"(efa-agent)", "(a b)", "(a) S 1 2 3 (b)", "())", "(()", "(\n)", "(1 2) 3 (4)"}) {
    CAPTURE(command);
    const auto stat = parse_process_stat("4711 " + std::string(command) + after_command);
    REQUIRE(stat);
    CHECK(stat->threads == 7);
    CHECK(stat->start_ticks == 12345);
    CHECK(stat->virtual_bytes == 987654321);
    CHECK(stat->resident_pages == 2048);
  }
}

TEST_CASE("a text that is no process's, or cut short, gives nothing") {
  const std::string whole = "4711 (efa-agent)" + std::string(after_command);
  CHECK_FALSE(parse_process_stat(""));
  CHECK_FALSE(parse_process_stat("4711"));
  CHECK_FALSE(parse_process_stat("4711 (efa-agent)"));
  CHECK_FALSE(parse_process_stat("4711 (efa-agent) S 1 2 3"));
  CHECK_FALSE(parse_process_stat(whole.substr(0, whole.find(" 2048"))));
  CHECK_FALSE(parse_process_stat(
      "1 (a) S 1 2 3 0 -1 4194560 100 0 1 0 50 60 0 0 20 0 many 0 12345 987654321 2048 1\n"));
}

TEST_CASE("the agent sees its own process") {
  PosixFiles files;
  const MonotonicClock clock;
  Process collector(OwnProcess(files, clock, "/proc"));
  RecordingSink sink;
  REQUIRE(collector.collect({}, sink));

  const auto value = [&](std::string_view name) {
    const auto* series = sink.find(name);
    REQUIRE(series != nullptr);
    return series->value;
  };
  CHECK(value("process_cpu_seconds_total") > 0);
  CHECK(value("process_resident_memory_bytes") > 100'000);
  CHECK(value("process_virtual_memory_bytes") >= value("process_resident_memory_bytes"));
  CHECK(value("process_threads") >= 1);
  CHECK(value("process_open_fds") >= 3);
  CHECK(value("process_open_fds") <= value("process_max_fds"));
  CHECK(value("process_start_time_seconds") > 1.6e9);
  CHECK(value("process_start_time_seconds") < static_cast<double>(std::time(nullptr)) + 60);
  CHECK(sink.families_are_contiguous());
  CHECK(sink.find("process_cpu_seconds_total")->kind == Kind::counter);
}

TEST_CASE("open descriptors are those of now") {
  PosixFiles files;
  ManualClock clock;
  OwnProcess process(files, clock, "/proc");
  (void)process.read();  // opens what it keeps
  const auto before = process.read();
  const auto file = files.open(AT_FDCWD, "/dev/null");
  REQUIRE(file);
  clock.advance(std::chrono::seconds(10));
  const auto after = process.read();
  REQUIRE(before);
  REQUIRE(after);
  CHECK(*after->open_descriptors == *before->open_descriptors + 1);
}

TEST_CASE("without /proc the process collector fails and publishes nothing") {
  FaultyFiles files;
  const ManualClock clock;
  const TempDir empty;
  Process collector(OwnProcess(files, clock, empty.path()));
  RecordingSink sink;
  CHECK_FALSE(collector.collect({}, sink));
  CHECK(sink.series().empty());
}

TEST_CASE("what /proc does not tell is absent, not zero") {
  FaultyFiles files;
  const ManualClock clock;
  const TempDir proc;
  write_in_place(proc.path() / "self/stat", "1 (a)" + std::string(after_command));
  OwnProcess process(files, clock, proc.path());
  const auto usage = process.read();
  REQUIRE(usage);
  CHECK(usage->threads == 7);
  CHECK_FALSE(usage->start_time);
  CHECK_FALSE(usage->open_descriptors);

  write_in_place(proc.path() / "self/stat", "rubbish");
  const auto malformed = process.read();
  REQUIRE_FALSE(malformed);
  CHECK(malformed.error().reason == Reason::malformed);
}

TEST_CASE("the start of the process counts from the boot, which may stand far down in /proc/stat") {
  FaultyFiles files;
  const ManualClock clock;
  const TempDir proc;
  std::string stat = "cpu  1 2 3\n";
  for (int i = 0; i < 500; ++i) {
    stat += "cpu" + std::to_string(i) + " 1 2 3 4 5 6 7 8 9 10\n";
  }
  write_in_place(proc.path() / "stat", stat + "btime 1700000000\nprocesses 5\n");
  write_in_place(proc.path() / "self/stat", "1 (a)" + std::string(after_command));
  OwnProcess process(files, clock, proc.path());
  const auto usage = process.read();
  REQUIRE(usage);
  REQUIRE(usage->start_time);
  CHECK(*usage->start_time > 1700000000);
  CHECK(*usage->start_time < 1700000000 + 12345);
}

}  // namespace
}  // namespace efa::test
