#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace efa::lab {

/// Objects under the numbers 1 to `limit`, given out in turn: one that was just given back is the
/// last to be used again.
///
/// Threads  none of its own; callers hold the fabric's lock
template <class T>
class Numbered {
 public:
  explicit Numbered(std::uint16_t limit) : limit_(limit) {}

  /// The number of the new object; nothing if all are taken.
  std::optional<std::uint16_t> add(T object) {
    if (objects_.size() >= limit_) {
      return std::nullopt;
    }
    do {
      last_ = last_ < limit_ ? static_cast<std::uint16_t>(last_ + 1) : std::uint16_t{1};
    } while (objects_.count(last_) != 0);
    objects_.emplace(last_, std::move(object));
    return last_;
  }

  [[nodiscard]] T* find(std::uint16_t number) {
    const auto found = objects_.find(number);
    return found == objects_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const T* find(std::uint16_t number) const {
    const auto found = objects_.find(number);
    return found == objects_.end() ? nullptr : &found->second;
  }

  /// Whether there was one.
  bool remove(std::uint16_t number) { return objects_.erase(number) != 0; }

  void clear() {
    objects_.clear();
    last_ = 0;
  }

  [[nodiscard]] std::size_t size() const { return objects_.size(); }

 private:
  std::map<std::uint16_t, T> objects_;
  std::uint16_t limit_;
  std::uint16_t last_ = 0;
};

}  // namespace efa::lab
