#include "agent/daemon/limits.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/catch.h"

namespace efa {
namespace {

rlimit open_file_limit() {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  return limit;
}

}  // namespace

TEST_CASE("the soft limit on open files is raised to the hard one") {
  const rlimit before = open_file_limit();
  const rlimit low{64, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  CHECK(raise_open_file_limit() == before.rlim_max);
  CHECK(open_file_limit().rlim_cur == before.rlim_max);
  CHECK(raise_open_file_limit() == before.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_CASE("closed standard descriptors are connected to /dev/null") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(STDIN_FILENO);
    ::close(STDERR_FILENO);
    fill_standard_descriptors();
    const bool reads_nothing = [] {
      char byte = 0;
      return ::read(STDIN_FILENO, &byte, 1) == 0;
    }();
    const bool takes_all = ::write(STDERR_FILENO, "x", 1) == 1;
    const int next = ::open("/dev/null", O_RDONLY);
    ::_exit(reads_nothing && takes_all && next > STDERR_FILENO ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace efa
