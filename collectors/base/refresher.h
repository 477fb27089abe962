#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "collectors/base/clock.h"

namespace efa {

/// Keeps a Value that is not too old at hand, without making a scrape wait for a new one. It is
/// the answer to a Question, which has to be comparable.
///
/// Cost     a thread, from the first call on; it sleeps but for one reading in `interval`, and that
///          only if somebody asks
/// Errors   those of the reading are in the Value
/// Threads  safe to call concurrently
template <typename Value, typename Question>
class Refresher {
 public:
  using Read = std::function<Value(const Question&)>;

  /// What `read` and `clock` refer to must be there until the process ends: the kernel may hold the
  /// thread longer than this lives.
  Refresher(Read read, const Clock& clock, std::chrono::nanoseconds interval)
      : state_(std::make_shared<State>(std::move(read), clock, interval)) {}
  Refresher(const Refresher&) = delete;
  Refresher& operator=(const Refresher&) = delete;
  ~Refresher() { state_->stop(); }

  /// After so long a reading that has not returned is one that hangs.
  static constexpr std::chrono::seconds longest_reading{60};

  /// The last answer; asks anew if that is older than the interval, or to another question. Null
  /// before the first, for which it waits until `patience` after that was asked for, and while a
  /// reading hangs.
  std::shared_ptr<const Value> latest(const Question& question, std::chrono::nanoseconds patience) {
    return state_->latest(question, patience, state_);
  }

  /// Has the last question answered anew, however young its answer is, and waits for nothing. The
  /// answer that is there stays until then. A reading that is under way is let finish first; then
  /// who asks next has another one begun.
  void refresh() { state_->refresh(); }

 private:
  // Shared with the thread, which outlives the refresher while the kernel holds it.
  class State {
   public:
    State(Read read, const Clock& clock, std::chrono::nanoseconds interval)
        : read_(std::move(read)), clock_(clock), interval_(interval) {}

    std::shared_ptr<const Value> latest(const Question& question, std::chrono::nanoseconds patience,
                                        const std::shared_ptr<State>& self) {
      std::unique_lock lock(mutex_);
      const bool is_due =
          is_stale_ || !last_ || clock_.now() - begun_ >= interval_ || question != *question_;
      if (is_due && !asked_ && start(self)) {
        question_ = question;
        ask();
      }
      if (!last_ && asked_) {
        changed_.wait_for(lock, patience - (clock_.now() - asked_at_),
                          [this] { return last_ != nullptr; });
      }
      const bool hangs = asked_ && clock_.now() - asked_at_ > longest_reading;
      return hangs ? nullptr : last_;
    }

    void refresh() {
      const std::lock_guard lock(mutex_);
      if (asked_) {
        is_stale_ = true;
      } else if (last_) {
        ask();
      }
    }

    void stop() {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }

   private:
    // False where the host gives no thread: the next one who asks tries again.
    bool start(const std::shared_ptr<State>& self) {
      try {
        if (!started_) {
          std::thread([self] { self->run(); }).detach();
          started_ = true;
        }
      } catch (const std::system_error&) {
      }
      return started_;
    }

    void ask() {
      asked_ = true;
      asked_at_ = clock_.now();
      is_stale_ = false;
      changed_.notify_all();
    }

    void run() {
      std::unique_lock lock(mutex_);
      while (true) {
        changed_.wait(lock, [this] { return asked_ || stopping_; });
        if (stopping_) {
          return;
        }
        const Question question = *question_;
        begun_ = clock_.now();
        lock.unlock();
        std::shared_ptr<const Value> value;
        try {
          value = std::make_shared<const Value>(read_(question));
        } catch (const std::bad_alloc&) {  // the last answer stays
        }
        lock.lock();
        if (value) {
          last_ = std::move(value);
        }
        asked_ = false;
        changed_.notify_all();
      }
    }

    const Read read_;
    const Clock& clock_;
    const std::chrono::nanoseconds interval_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Question> question_;  // the last one that was asked
    SteadyTime asked_at_;
    SteadyTime begun_;  // when its reading was
    std::shared_ptr<const Value> last_;
    bool asked_ = false;     // a reading is wanted, or under way
    bool is_stale_ = false;  // it began before a refresh was wanted: another one is due after it
    bool started_ = false;
    bool stopping_ = false;
  };

  std::shared_ptr<State> state_;
};

}  // namespace efa
