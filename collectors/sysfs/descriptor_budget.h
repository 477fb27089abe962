#pragma once

#include <atomic>
#include <cstddef>

namespace efa {

/// How many descriptors may be kept open between scrapes. A reader takes what it needs or goes
/// without: then it opens files when it reads them, which is slower and always works.
///
/// Threads  all members are safe to call concurrently
class DescriptorBudget {
 public:
  explicit DescriptorBudget(std::size_t descriptors) : left_(descriptors) {}

  [[nodiscard]] bool take(std::size_t count) {
    std::size_t left = left_.load();
    while (left >= count) {
      if (left_.compare_exchange_weak(left, left - count)) {
        return true;
      }
    }
    return false;
  }
  void give_back(std::size_t count) { left_ += count; }

 private:
  std::atomic<std::size_t> left_;
};

}  // namespace efa
