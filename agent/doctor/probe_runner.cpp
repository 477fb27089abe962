#include "agent/doctor/probe_runner.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <spawn.h>

#include "agent/doctor/probe_reader.h"
#include "collectors/base/unique_fd.h"

namespace efa {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using Problem = ProbeReport::Problem;

constexpr std::string_view name_of_program = "efa-probe";
// By which shells and the loader say that a program, or its libraries, could not be loaded.
constexpr int exit_not_loaded = 127;

ProbeRun problem(Problem problem, std::string detail) {
  ProbeRun run;
  run.report.problem = problem;
  run.report.detail = std::move(detail);
  return run;
}

struct Pipe {
  UniqueFd output;
  UniqueFd input;

  /// An errno; 0: both ends are there.
  int open(int flags) {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), flags) != 0) {
      return errno;
    }
    output.reset(ends[0]);
    input.reset(ends[1]);
    return 0;
  }
};

// How posix_spawn() is to start it: nothing to read, stdout and stderr to us, with no signal
// blocked or ignored, and in a process group, so that what it starts is killed with it.
class SpawnPlan {
 public:
  SpawnPlan(int output, int errors) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }

  /// An errno; 0: it runs.
  int start(const std::string& program, pid_t& pid) const {
    std::string name(name_of_program);
    std::array<char*, 2> arguments{name.data(), nullptr};
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// A process that was started here: killed and, if that is possible, waited for at the end.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (!status_) {
      ::kill(-pid_, SIGKILL);
      static_cast<void>(wait_until(Clock::now() + time_to_die));
    }
  }

  /// As waitpid() tells it; nothing: it has not ended by then.
  std::optional<int> wait_until(Clock::time_point deadline) {
    while (!status_) {
      int status = 0;
      const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
      if (ended == pid_) {
        status_ = status;
      } else if (Clock::now() >= deadline || (ended < 0 && errno != EINTR)) {
        break;
      } else {
        ::poll(nullptr, 0, 1);
      }
    }
    return status_;
  }

 private:
  static constexpr milliseconds time_to_die{100};

  pid_t pid_;
  std::optional<int> status_;
};

enum class Reading : std::uint8_t { whole, too_much, too_late };

Reading read_all(int fd, std::size_t limit, Clock::time_point deadline, std::string& text) {
  std::array<char, 16384> buffer{};
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (left <= milliseconds::zero()) {
      return Reading::too_late;
    }
    pollfd readable{fd, POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(left.count())) <= 0) {
      continue;  // late, or interrupted
    }
    const ssize_t size = ::read(fd, buffer.data(), buffer.size());
    if (size <= 0) {
      return Reading::whole;
    }
    text.append(buffer.data(), static_cast<std::size_t>(size));
    if (text.size() > limit) {
      return Reading::too_much;
    }
  }
}

// What is there of it by now.
std::string read_errors(int fd) {
  std::array<char, 4096> buffer{};
  const ssize_t size = ::read(fd, buffer.data(), buffer.size());
  return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

// The line that holds `words`, without the program's name before it; empty if there is none.
std::string line_with(std::string_view words, std::string_view text) {
  const std::size_t found = text.find(words);
  if (found == std::string_view::npos) {
    return {};
  }
  text = text.substr(0, text.find('\n', found));
  text.remove_prefix(text.rfind('\n') + 1);  // 0 if it is the first
  const std::string name = std::string(name_of_program) + ": ";
  return std::string(text.starts_with(name) ? text.substr(name.size()) : text);
}

// Whether the loader refused, which it tells on stderr: of a library that is not there with an exit
// code of its own, of one that is too old without.
std::optional<ProbeRun> problem_of_loading(int code, std::string_view errors) {
  if (std::string line = line_with("version `GLIBC_", errors); !line.empty()) {
    return problem(Problem::other_libc, std::move(line));
  }
  if (std::string line = line_with("version `", errors); !line.empty()) {
    return problem(Problem::not_loaded, std::move(line));
  }
  if (code == exit_not_loaded) {
    return problem(Problem::not_loaded, line_with("loading shared libraries", errors));
  }
  return std::nullopt;
}

// Why it told nothing, by the way it ended; nothing if that is as it should be.
std::optional<ProbeRun> problem_of_end(int status, bool said_nothing, std::string_view errors) {
  if (WIFSIGNALED(status)) {
    const char* signal = ::sigabbrev_np(WTERMSIG(status));
    return problem(Problem::failed,
                   "was killed by SIG" + std::string(signal != nullptr ? signal : "?"));
  }
  if (!said_nothing) {
    return std::nullopt;
  }
  const int code = WEXITSTATUS(status);
  if (auto not_loaded = problem_of_loading(code, errors)) {
    return not_loaded;
  }
  return problem(Problem::failed, "said nothing, with exit code " + std::to_string(code));
}

ProbeRun judged(std::string text, const std::optional<int>& status, std::string_view errors) {
  if (status) {
    if (auto ended_badly = problem_of_end(*status, text.empty(), errors)) {
      return *ended_badly;
    }
  }
  auto report = read_probe(text);
  if (!report) {
    return problem(Problem::malformed, report.error().message());
  }
  return {std::move(*report), std::move(text)};
}

ProbeRun listen_to(Child& child, int output, int errors, const ProbeLimits& limits) {
  // It ends with its last word, unless a thread of it is in the kernel.
  constexpr milliseconds time_to_end{500};
  const auto deadline = Clock::now() + limits.patience;
  std::string text;
  switch (read_all(output, limits.bytes, deadline, text)) {
    case Reading::too_late:
      return problem(Problem::no_answer, std::to_string(limits.patience.count()) + " s");
    case Reading::too_much:
      return problem(Problem::malformed,
                     "more than " + std::to_string(limits.bytes) + " bytes of output");
    case Reading::whole:
      break;
  }
  const auto status = child.wait_until(std::min(deadline, Clock::now() + time_to_end));
  return judged(std::move(text), status, read_errors(errors));
}

bool is_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

}  // namespace

std::string find_probe(const std::string& own_folder, const char* path) {
  std::string_view folders = path != nullptr ? path : "";
  std::string folder = own_folder;
  while (true) {
    // What is relative to the working directory is not to be trusted.
    std::string program = folder + "/" + std::string(name_of_program);
    if (folder.starts_with('/') && is_file(program)) {
      return program;
    }
    if (folders.empty()) {
      return {};
    }
    const std::size_t colon = std::min(folders.find(':'), folders.size());
    folder = folders.substr(0, colon);
    folders.remove_prefix(std::min(colon + 1, folders.size()));
  }
}

std::string own_folder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

ProbeRun run_probe(const std::string& program, const ProbeLimits& limits) {
  if (program.empty()) {
    return problem(Problem::no_program, {});
  }
  Pipe output;
  Pipe errors;
  int error = output.open(O_CLOEXEC);
  if (error == 0) {
    // Nobody reads it meanwhile: what is more than it holds is lost, and nobody waits.
    error = errors.open(O_CLOEXEC | O_NONBLOCK);
  }
  if (error != 0) {
    return problem(Problem::not_started, std::strerror(error));
  }
  pid_t pid = 0;
  error = SpawnPlan(output.input.get(), errors.input.get()).start(program, pid);
  if (error == ENOENT && is_file(program)) {
    return problem(Problem::other_libc, program + ": its loader is not there");
  }
  if (error != 0) {
    return problem(Problem::not_started, program + ": " + std::strerror(error));
  }
  output.input.reset();
  Child child(pid);
  return listen_to(child, output.output.get(), errors.output.get(), limits);
}

}  // namespace efa
