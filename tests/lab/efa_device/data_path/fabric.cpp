#include "tests/lab/efa_device/data_path/fabric.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <stdexcept>
#include <variant>

#include "tests/lab/efa_device/data_path/port.h"
#include "tests/lab/efa_device/data_path/queue_pairs.h"

namespace efa::lab {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds time_of_rnr_retry{100};
constexpr std::uint8_t retries_forever = 7;
constexpr milliseconds first_timeout{100};  // then twice as long each time
constexpr milliseconds longest_timeout{1000};
constexpr milliseconds unresponsive_after{3000};

SteadyTime end_of_rnr_retries(std::uint8_t retries, SteadyTime now) {
  return retries >= retries_forever ? SteadyTime::max() : now + retries * time_of_rnr_retry;
}

}  // namespace

void Fabric::attach(const Gid& gid, Port& port) {
  if (!ports_.emplace(gid, &port).second) {
    throw std::invalid_argument("two devices with one GID");
  }
}

void Fabric::detach(const Gid& gid) { ports_.erase(gid); }

Port* Fabric::find(const Gid& gid) const {
  const auto found = ports_.find(gid);
  return found == ports_.end() ? nullptr : found->second;
}

void Fabric::begin(Waiting& waiting, Delay why, SteadyTime now) {
  waiting.why = why;
  if (why == Delay::no_receive) {
    waiting.until = end_of_rnr_retries(waiting.rnr_retries, now);
    waiting.pause = time_of_rnr_retry;
  } else {
    waiting.until = now + unresponsive_after;
    waiting.pause = first_timeout;
  }
  waiting.next = std::min(now + waiting.pause, waiting.until);
}

void Fabric::wait(Port& from, const QueuePair& pair, const WorkRequest& request, Delay why,
                  SteadyTime now) {
  Waiting waiting{&from, pair.number, pair.rnr_retries, request, why};
  begin(waiting, why, now);
  waiting_.push_back(waiting);
}

/// Whether it still waits.
bool Fabric::try_again(Waiting& waiting, SteadyTime now) {
  if (waiting.why == Delay::no_answer) {
    if (now < waiting.next) {
      return true;
    }
    waiting.from->count_timeout(waiting.request);
  }
  const Attempt attempt = waiting.from->attempt(waiting.pair, waiting.request, Try::again);
  if (const auto* status = std::get_if<CompletionStatus>(&attempt)) {
    waiting.from->complete(waiting.pair, waiting.request, *status);
    return false;
  }
  const Delay why = std::get<Delay>(attempt);
  if (why != waiting.why) {
    begin(waiting, why, now);
  } else {
    if (why == Delay::no_answer) {
      waiting.pause = std::min<SteadyTime::duration>(waiting.pause * 2, longest_timeout);
    }
    waiting.next = std::min(now + waiting.pause, waiting.until);
  }
  if (now < waiting.until) {
    return true;
  }
  waiting.from->complete(waiting.pair, waiting.request,
                         why == Delay::no_receive ? CompletionStatus::no_receive_posted
                                                  : CompletionStatus::unresponsive);
  return false;
}

void Fabric::retry(SteadyTime now) {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    at = try_again(*at, now) ? std::next(at) : waiting_.erase(at);
  }
}

std::optional<SteadyTime> Fabric::next_retry() const {
  const auto first =
      std::min_element(waiting_.begin(), waiting_.end(),
                       [](const Waiting& a, const Waiting& b) { return a.next < b.next; });
  if (first == waiting_.end()) {
    return std::nullopt;
  }
  return first->next;
}

std::size_t Fabric::waiting(const Port& from) const {
  return static_cast<std::size_t>(
      std::count_if(waiting_.begin(), waiting_.end(),
                    [&](const Waiting& waiting) { return waiting.from == &from; }));
}

std::size_t Fabric::waiting(const Port& from, const QueuePair& pair) const {
  return static_cast<std::size_t>(
      std::count_if(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) {
        return waiting.from == &from && waiting.pair == pair.number;
      }));
}

std::vector<WorkRequest> Fabric::take(const Port& from, const QueuePair& pair) {
  std::vector<WorkRequest> taken;
  waiting_.remove_if([&](const Waiting& waiting) {
    const bool matches = waiting.from == &from && waiting.pair == pair.number;
    if (matches) {
      taken.push_back(waiting.request);
    }
    return matches;
  });
  return taken;
}

void Fabric::forget(const Port& from) {
  waiting_.remove_if([&](const Waiting& waiting) { return waiting.from == &from; });
}

}  // namespace efa::lab
