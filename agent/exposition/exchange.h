#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/exposition/server.h"

namespace efa {

/// What one answer needs, used again and again.
struct Exchange {
  HttpResponse response;
  std::string path;
  std::string head;
  std::array<std::string, 4> joined;  // headers that came twice

  void clear() {
    std::string body = std::move(response.body);
    body.clear();
    response = HttpResponse{};
    response.body = std::move(body);
    path.clear();
    head.clear();
  }
};

/// A few for all threads: with one for each thread, every thread would come to hold storage for
/// the largest answer.
///
/// Threads  safe to call concurrently
class ExchangePool {
 public:
  ExchangePool() { free_.reserve(kept); }

  std::unique_ptr<Exchange> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        auto exchange = std::move(free_.back());
        free_.pop_back();
        return exchange;
      }
    }
    return std::make_unique<Exchange>();
  }

  void give_back(std::unique_ptr<Exchange> exchange) {
    exchange->clear();
    const std::lock_guard lock(mutex_);
    if (free_.size() < kept) {
      free_.push_back(std::move(exchange));
    }
  }

 private:
  static constexpr std::size_t kept = 4;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Exchange>> free_;
};

/// Makes an answer of a status that says why.
inline void set_error(HttpResponse& response, int status, std::string_view text) {
  std::string body = std::move(response.body);
  response = HttpResponse{};
  response.status = status;
  response.body = std::move(body);
  response.body.assign(text).append("\n");
}

}  // namespace efa
