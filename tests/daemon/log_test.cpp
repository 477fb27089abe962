#include "agent/daemon/log.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "collectors/base/unique_fd.h"
#include "tests/daemon/digits.h"
#include "tests/daemon/flat_json.h"
#include "tests/support/catch.h"

namespace efa::log {
namespace {

// What `body` puts on stderr. In a process of its own: the log keeps the stderr it began with.
std::string stderr_of(const std::function<void()>& body) {
  std::array<int, 2> fds{};
  REQUIRE(::pipe2(fds.data(), O_CLOEXEC) == 0);
  UniqueFd read_end(fds[0]);
  UniqueFd write_end(fds[1]);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(write_end.get(), STDERR_FILENO);
    body();
    ::_exit(0);
  }
  write_end.reset();
  std::string all;
  std::array<char, 4096> buffer{};
  ssize_t size = 0;
  while ((size = ::read(read_end.get(), buffer.data(), buffer.size())) > 0) {
    all.append(buffer.data(), static_cast<std::size_t>(size));
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
  return all;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

// 200 lines, 50 changes of configuration.
void log_from_four_threads() {
  configure(LogLevel::info, LogFormat::json, Destination::plain);
  std::vector<std::thread> threads(4);
  for (std::thread& thread : threads) {
    thread = std::thread([] {
      for (int i = 0; i < 50; ++i) {
        info("a line", {{"padding", std::string(100, 'x')}});
      }
    });
  }
  for (int i = 0; i < 50; ++i) {
    configure(i % 2 == 0 ? LogLevel::info : LogLevel::debug, LogFormat::json, Destination::plain);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

}  // namespace

TEST_CASE("the log writes info and above in logfmt until it is told otherwise") {
  const std::string text = stderr_of([] {
    debug("not seen");
    info("device found", {{"device", "rdmap0s6"}});
  });
  CHECK(test::with_zeros(text) ==
        "ts=0000-00-00T00:00:00.000Z level=info msg=\"device found\" device=rdmap0s0\n");
}

TEST_CASE("level, format and destination change at run time") {
  const auto lines = lines_of(stderr_of([] {
    configure(LogLevel::warning, LogFormat::logfmt, Destination::journal);
    info("not seen");
    warning("one");
    configure(LogLevel::debug, LogFormat::json, Destination::journal);
    debug("two");
    error("three", {{"key", "a b"}});
  }));
  CHECK(lines == std::vector<std::string>{"<4>level=warning msg=\"one\"",
                                          R"(<7>{"level":"debug","msg":"two"})",
                                          R"(<3>{"level":"error","msg":"three","key":"a b"})"});
}

TEST_CASE("lines of many threads do not mix while the configuration changes") {
  const auto lines = lines_of(stderr_of(log_from_four_threads));
  // The test reads as fast as it can, but a line may be lost while it does not: that is said.
  std::size_t whole = 0;
  std::size_t lost = 0;
  for (const std::string& line : lines) {
    auto parsed = test::parse_flat_json(line);
    REQUIRE(parsed);
    if (parsed->count("lines") == 0) {
      ++whole;
    } else {
      lost += std::stoul(parsed->at("lines"));
    }
  }
  CHECK(whole + lost == 200);
}

TEST_CASE("lines that stderr does not take are counted, and the next one that it takes says so") {
  const std::string text = stderr_of([] {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_NONBLOCK) != 0) {
      ::_exit(1);
    }
    const int reader = fds[0];
    const int to_test = ::dup(STDERR_FILENO);
    ::dup2(fds[1], STDERR_FILENO);
    for (int i = 0; i < 1000; ++i) {
      info("nobody reads this", {{"padding", std::string(500, 'x')}});
    }
    std::array<char, 4096> buffer{};
    while (::read(reader, buffer.data(), buffer.size()) > 0) {
    }
    info("somebody reads this");
    const ssize_t size = ::read(reader, buffer.data(), buffer.size());
    if (::write(to_test, buffer.data(), static_cast<std::size_t>(size)) != size) {
      ::_exit(1);
    }
  });
  const auto lines = lines_of(text);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("level=warning msg=\"log lines were lost") != std::string::npos);
  const auto count = lines[0].find(" lines=");
  REQUIRE(count != std::string::npos);
  CHECK(std::stoul(lines[0].substr(count + 7)) > 100);
  CHECK(lines[1].find("msg=\"somebody reads this\"") != std::string::npos);
}

TEST_CASE("a closed stderr ends nothing") {
  CHECK(stderr_of([] {
          ::close(STDERR_FILENO);
          for (int i = 0; i < 10; ++i) {
            error("nobody hears this");
          }
        }).empty());
}

TEST_CASE("journald is recognised by the device and inode in JOURNAL_STREAM") {
  std::array<int, 2> fds{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) == 0);
  const UniqueFd ours(fds[0]);
  const UniqueFd other(fds[1]);
  struct stat status {};
  REQUIRE(::fstat(ours.get(), &status) == 0);
  const std::string stream = std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);

  CHECK(destination_of(ours.get(), stream.c_str()) == Destination::journal);
  CHECK(destination_of(other.get(), stream.c_str()) == Destination::plain);
  CHECK(destination_of(ours.get(), nullptr) == Destination::plain);
  CHECK(destination_of(ours.get(), "") == Destination::plain);
  CHECK(destination_of(ours.get(), "1:2:3") == Destination::plain);
  CHECK(destination_of(-1, stream.c_str()) == Destination::plain);
}

}  // namespace efa::log
