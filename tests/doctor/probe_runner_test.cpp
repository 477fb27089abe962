#include "agent/doctor/probe_runner.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "agent/probe/probe_writer.h"
#include "collectors/base/unique_fd.h"
#include "tests/doctor/made_report.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace efa::test {
namespace {

using std::chrono::seconds;
using Problem = ProbeReport::Problem;

/// A folder with something in place of efa-probe.
struct Program {
  explicit Program(const std::string& script, mode_t mode = 0755) {
    std::ofstream(path) << "#!/bin/sh\n" << script;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
  }
  [[nodiscard]] ProbeRun run(ProbeLimits limits = {seconds(20), 1U << 20U}) const {
    return run_probe(path, limits);
  }
  [[nodiscard]] std::string told(const std::string& name) const {
    std::ifstream file(folder.path() / name);
    std::string word;
    file >> word;
    return word;
  }

  TempDir folder{std::filesystem::temp_directory_path()};
  std::string path = (folder.path() / "efa-probe").string();
};

std::string printing(const std::string& text) { return "cat <<'END'\n" + text + "END\n"; }

// Killed, if perhaps not yet waited for.
bool has_ended(const std::string& pid) {
  REQUIRE_FALSE(pid.empty());
  const auto deadline = std::chrono::steady_clock::now() + seconds(20);
  while (std::chrono::steady_clock::now() < deadline) {
    std::ifstream file("/proc/" + pid + "/stat");
    std::string number;
    std::string name;
    std::string state;
    if (!(file >> number >> name >> state) || state == "Z" || state == "X") {
      return true;
    }
  }
  return false;
}

TEST_CASE("what efa-probe tells is taken down, whether all devices work or not") {
  const std::string text = json_of(made_probe_report());
  for (const char* const code : {"exit 0", "exit 2", "exit 3"}) {
    const ProbeRun run = Program(printing(text) + code).run();
    CHECK(run.report.problem == Problem::none);
    CHECK(run.report.devices.size() == 3);
    CHECK(run.document == text);
  }
}

TEST_CASE("efa-probe is given nothing to read, no arguments, and no signal that is ignored") {
  struct sigaction old {};
  struct sigaction ignored {};
  ignored.sa_handler = SIG_IGN;  // NOLINT: a macro of the C library
  REQUIRE(::sigaction(SIGUSR1, &ignored, &old) == 0);
  const Program program(
      "[ \"$(readlink /proc/$$/fd/0)\" = /dev/null ] || exit 9\n"
      "[ $# = 0 ] || exit 9\n"
      "kill -USR1 $$\n");
  // Something to read that it is not to have.
  const UniqueFd stdin_before(::dup(STDIN_FILENO));
  const UniqueFd zeros(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  REQUIRE(::dup2(zeros.get(), STDIN_FILENO) == STDIN_FILENO);
  const ProbeRun run = program.run();
  REQUIRE(::dup2(stdin_before.get(), STDIN_FILENO) == STDIN_FILENO);
  REQUIRE(::sigaction(SIGUSR1, &old, nullptr) == 0);
  CHECK(run.report.detail == "was killed by SIGUSR1");
}

TEST_CASE("efa-probe that does not end is killed with all it started, and told to be late") {
  const Program program("cd \"${0%/*}\"; echo $$ > own; sleep 300 & echo $! > child; wait");
  const auto begin = std::chrono::steady_clock::now();
  const ProbeRun run = program.run({seconds(3), 1000});
  CHECK(std::chrono::steady_clock::now() - begin < seconds(60));
  CHECK(run.report.problem == Problem::no_answer);
  CHECK(run.report.detail == "3 s");
  CHECK(run.document.empty());
  CHECK(has_ended(program.told("own")));
  CHECK(has_ended(program.told("child")));
}

TEST_CASE("efa-probe that has told all and does not end is not waited for") {
  const auto begin = std::chrono::steady_clock::now();
  const ProbeRun run = Program(printing(json_of(made_probe_report())) + "exec >&-; sleep 300")
                           .run({seconds(60), 1U << 20U});
  CHECK(std::chrono::steady_clock::now() - begin < seconds(50));
  CHECK(run.report.problem == Problem::none);
  CHECK(run.report.devices.size() == 3);
}

TEST_CASE("output without an end is not taken down") {
  const ProbeRun run = Program("while :; do echo xxxxxxxxxxxxxxxx; done").run({seconds(20), 5000});
  CHECK(run.report.problem == Problem::malformed);
  CHECK(run.report.detail == "more than 5000 bytes of output");
}

TEST_CASE("output of just the limit is taken down") {
  const std::string text = json_of(made_probe_report());
  CHECK(Program(printing(text)).run({seconds(20), text.size()}).report.problem == Problem::none);
  CHECK(Program(printing(text)).run({seconds(20), text.size() - 1}).report.problem ==
        Problem::malformed);
}

TEST_CASE("what efa-probe says on stderr is no part of it, however much it is") {
  const std::string text = json_of(made_probe_report());
  const ProbeRun run =
      Program("head -c 300000 /dev/zero >&2\n" + printing(text) + "echo more >&2").run();
  CHECK(run.report.problem == Problem::none);
  CHECK(run.document == text);
}

// As the loader of glibc 2.36 does.
TEST_CASE("efa-probe that the loader refuses is told with the loader's words") {
  const auto refused = [](const std::string& words, const std::string& code) {
    return Program("cat >&2 <<'END'\n" + words + "END\nexit " + code).run().report;
  };
  const ProbeReport absent = refused(
      "efa-probe: error while loading shared libraries: libefa.so.1: cannot open shared object "
      "file: No such file or directory\n",
      "127");
  CHECK(absent.problem == Problem::not_loaded);
  CHECK(absent.detail ==
        "error while loading shared libraries: libefa.so.1: cannot open shared object file: No "
        "such file or directory");

  const std::string old_verbs =
      "efa-probe: /lib64/libibverbs.so.1: version `IBVERBS_1.8' not found (required by "
      "efa-probe)\n";
  const ProbeReport old_rdma_core = refused(old_verbs, "1");
  CHECK(old_rdma_core.problem == Problem::not_loaded);
  CHECK(old_rdma_core.detail ==
        "/lib64/libibverbs.so.1: version `IBVERBS_1.8' not found (required by efa-probe)");

  // The C library is told of before others.
  const ProbeReport old_libc = refused(
      old_verbs + "efa-probe: /lib64/libc.so.6: version `GLIBC_2.34' not found (required by x)\n" +
          "efa-probe: /lib64/libc.so.6: version `GLIBC_2.32' not found (required by x)\n",
      "1");
  CHECK(old_libc.problem == Problem::other_libc);
  CHECK(old_libc.detail == "/lib64/libc.so.6: version `GLIBC_2.34' not found (required by x)");
}

TEST_CASE("efa-probe whose loader is not there is told so") {
  const Program program("");
  std::ofstream(program.path) << "#!/nonexistent/loader\n";
  const ProbeReport report = program.run().report;
  CHECK(report.problem == Problem::other_libc);
  CHECK(report.detail == program.path + ": its loader is not there");
}

TEST_CASE("efa-probe that is killed, says nothing, or says what is no report is told to") {
  CHECK(Program("kill -SEGV $$").run().report.detail == "was killed by SIGSEGV");
  CHECK(Program("exit 1").run().report.detail == "said nothing, with exit code 1");
  CHECK(Program("exit 1").run().report.problem == Problem::failed);
  CHECK(Program("exit 127").run().report.problem == Problem::not_loaded);
  CHECK(Program("echo '{'").run().report.problem == Problem::malformed);
  CHECK(Program("echo '{'").run().document.empty());
}

TEST_CASE("efa-probe that cannot be started is told with the reason") {
  CHECK(run_probe("", {}).report.problem == Problem::no_program);
  const ProbeRun absent = run_probe("/nonexistent/efa-probe", {});
  CHECK(absent.report.problem == Problem::not_started);
  CHECK(absent.report.detail == "/nonexistent/efa-probe: No such file or directory");
  const Program closed("exit 0", 0644);
  CHECK_THAT(closed.run().report.detail, Catch::EndsWith("efa-probe: Permission denied"));
}

TEST_CASE(
    "efa-probe is looked for beside the agent, then in PATH, never where it may be by chance") {
  const Program beside("");
  const Program elsewhere("");
  const TempDir none;
  const std::string own = beside.folder.path().string();
  const std::string other = elsewhere.folder.path().string();
  const std::string empty = none.path().string();
  CHECK(find_probe(own, other.c_str()) == beside.path);
  CHECK(find_probe(empty, (empty + ":" + other).c_str()) == elsewhere.path);
  CHECK(find_probe(empty, (other + ":" + empty).c_str()) == elsewhere.path);
  CHECK(find_probe(empty, nullptr).empty());
  CHECK(find_probe(empty, "").empty());
  CHECK(find_probe("", other.c_str()) == elsewhere.path);

  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(own);
  CHECK(find_probe("", ".:./").empty());
  CHECK(find_probe("", "").empty());
  CHECK(find_probe("", "::").empty());
  std::filesystem::current_path(before);

  // A folder of that name is no program.
  std::filesystem::create_directory(none.path() / "efa-probe");
  CHECK(find_probe(empty, nullptr).empty());
}

TEST_CASE("the agent knows the folder it is in") {
  CHECK(std::filesystem::is_directory(own_folder()));
  CHECK(own_folder() == std::filesystem::read_symlink("/proc/self/exe").parent_path().string());
}

}  // namespace
}  // namespace efa::test
