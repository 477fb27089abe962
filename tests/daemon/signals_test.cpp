#include "agent/daemon/signals.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <thread>

#include "tests/support/catch.h"

namespace efa {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// SignalWaiter changes the process for good; a test does not.
class ProcessState {
 public:
  ProcessState() {
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_);
    ::sigaction(SIGPIPE, nullptr, &pipe_);
  }
  ProcessState(const ProcessState&) = delete;
  ProcessState& operator=(const ProcessState&) = delete;
  ~ProcessState() {
    ::sigaction(SIGPIPE, &pipe_, nullptr);
    ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  }

 private:
  sigset_t mask_{};
  struct sigaction pipe_ {};
};

}  // namespace

TEST_CASE("SIGTERM and SIGINT terminate, SIGHUP reloads") {
  const ProcessState state;
  SignalWaiter waiter;
  ::kill(::getpid(), SIGHUP);
  CHECK(waiter.wait_for(seconds(10)) == Signal::reload);
  ::kill(::getpid(), SIGINT);
  CHECK(waiter.wait_for(seconds(10)) == Signal::terminate);
  ::kill(::getpid(), SIGTERM);
  CHECK(waiter.wait_for(seconds(10)) == Signal::terminate);
}

TEST_CASE("no signal is nothing, once the time is over") {
  const ProcessState state;
  SignalWaiter waiter;
  CHECK_FALSE(waiter.wait_for(nanoseconds(0)));
  CHECK_FALSE(waiter.wait_for(nanoseconds(-1)));
  CHECK_FALSE(waiter.wait_for(nanoseconds(1000)));
}

TEST_CASE("a signal that comes while the waiter waits wakes it") {
  const ProcessState state;
  SignalWaiter waiter;
  std::thread sender([] { ::kill(::getpid(), SIGTERM); });
  CHECK(waiter.wait_for(seconds(60)) == Signal::terminate);
  sender.join();
}

TEST_CASE("threads that begin after the waiter leave its signals to it") {
  const ProcessState state;
  SignalWaiter waiter;
  bool blocked = false;
  std::thread([&] {
    sigset_t mask{};
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    blocked = ::sigismember(&mask, SIGTERM) == 1 && ::sigismember(&mask, SIGINT) == 1 &&
              ::sigismember(&mask, SIGHUP) == 1;
  }).join();
  CHECK(blocked);
}

TEST_CASE("writing to a pipe that nobody reads is an error and no end") {
  const ProcessState state;
  const SignalWaiter waiter;
  std::array<int, 2> fds{};
  REQUIRE(::pipe(fds.data()) == 0);
  ::close(fds[0]);
  CHECK(::write(fds[1], "x", 1) == -1);
  CHECK(errno == EPIPE);
  ::close(fds[1]);
}

}  // namespace efa
