#pragma once

#include <deque>

namespace efa::test {

/// A new one that is never destroyed: for what a thread that hangs may come back to at any time.
template <typename T>
T& kept() {
  static auto& all = *new std::deque<T>;
  return all.emplace_back();
}

}  // namespace efa::test
