#include "agent/tls/workers.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "agent/exposition/blocked_signals.h"

namespace efa {
namespace {

constexpr std::size_t stack_of_worker = std::size_t{128} * 1024;

// Called by pthread_create(3).
void* run_work(void* argument) {
  const std::unique_ptr<std::function<void()>> work(static_cast<std::function<void()>*>(argument));
  (*work)();
  return nullptr;
}

}  // namespace

SmallThread::SmallThread(std::size_t stack, std::function<void()> work) {
  auto owned = std::make_unique<std::function<void()>>(std::move(work));
  pthread_attr_t attributes{};
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, stack);
  pthread_t thread{};
  const BlockedSignals blocked;
  const int failure = ::pthread_create(&thread, &attributes, run_work, owned.get());
  ::pthread_attr_destroy(&attributes);
  if (failure != 0) {
    throw std::system_error(failure, std::generic_category(), "cannot start a thread");
  }
  static_cast<void>(owned.release());  // the thread's now
  thread_ = thread;
}

SmallThread::~SmallThread() {
  if (thread_) {
    ::pthread_detach(*thread_);
  }
}

void SmallThread::join() {
  if (thread_) {
    ::pthread_join(*std::exchange(thread_, std::nullopt), nullptr);
  }
}

struct Workers::State {
  explicit State(unsigned limit) : most(limit) {}

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      ++idle;
      news.wait(lock, [this] { return ending || !jobs.empty(); });
      --idle;
      if (jobs.empty()) {
        break;
      }
      auto job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      try {
        job();
      } catch (...) {  // NOLINT(bugprone-empty-catch): no memory; the others go on
      }
      job = nullptr;  // what it holds may end with it
      lock.lock();
    }
    --threads;
    ended.notify_all();
  }

  const unsigned most;
  std::mutex mutex;  // guards what follows
  std::condition_variable news;
  std::condition_variable ended;
  std::deque<std::function<void()>> jobs;
  std::vector<SmallThread> handles;
  unsigned threads = 0;  // of them that have not ended
  unsigned idle = 0;
  bool ending = false;
};

Workers::Workers(unsigned most) : state_(std::make_shared<State>(most)) {
  const std::lock_guard lock(state_->mutex);
  state_->handles.reserve(most);
  state_->threads = 1;
  state_->handles.push_back(start_thread(state_));
}

Workers::~Workers() { stop(std::chrono::steady_clock::now()); }

SmallThread Workers::start_thread(const std::shared_ptr<State>& state) {
  return {stack_of_worker, [state] { state->work(); }};
}

void Workers::run(std::function<void()> job) {
  const std::lock_guard lock(state_->mutex);
  state_->jobs.push_back(std::move(job));
  if (state_->jobs.size() > state_->idle && state_->threads < state_->most) {
    ++state_->threads;
    try {
      state_->handles.push_back(start_thread(state_));
    } catch (const std::system_error&) {
      --state_->threads;  // the others will come to it
    }
  }
  state_->news.notify_one();
}

bool Workers::stop(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(state_->mutex);
  state_->ending = true;
  state_->news.notify_all();
  if (!state_->ended.wait_until(lock, deadline, [this] { return state_->threads == 0; })) {
    return false;
  }
  auto handles = std::exchange(state_->handles, {});
  lock.unlock();
  for (SmallThread& thread : handles) {
    thread.join();
  }
  return true;
}

}  // namespace efa
