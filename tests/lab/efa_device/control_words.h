#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "tests/lab/efa_device/statistics.h"

namespace efa::lab {

/// The words of a line of the control protocol, taken one by one. What is no word of the kind asked
/// for is a mistake, which is kept, and a zero instead.
class ControlWords {
 public:
  explicit ControlWords(std::string_view line) : rest_(line) {}

  /// Empty if there are no more.
  [[nodiscard]] std::string_view word();

  /// Whole numbers, as many as their type holds.
  template <std::integral T>
  [[nodiscard]] T number(std::string_view what, T low = 0, T high = std::numeric_limits<T>::max());
  /// The same, `otherwise` if there are no more words.
  template <std::integral T>
  [[nodiscard]] T number_or(T otherwise, std::string_view what, T low = 0) {
    return at_end() ? otherwise : number<T>(what, low);
  }
  /// Decimals allowed, from 0.
  [[nodiscard]] double decimal(std::string_view what,
                               double high = std::numeric_limits<double>::max());
  [[nodiscard]] std::chrono::microseconds milliseconds();
  /// Nothing for "all".
  [[nodiscard]] std::optional<Counter> counter();

  /// The first mistake, among them a word too many; empty if there is none.
  [[nodiscard]] std::string mistake();

 private:
  [[nodiscard]] bool at_end() const;
  void expect(std::string_view what, std::string_view found);
  template <class T>
  [[nodiscard]] static std::optional<T> parse(std::string_view word);

  std::string_view rest_;
  std::string mistake_;
};

extern template std::uint8_t ControlWords::number(std::string_view, std::uint8_t, std::uint8_t);
extern template std::uint16_t ControlWords::number(std::string_view, std::uint16_t, std::uint16_t);
extern template std::uint64_t ControlWords::number(std::string_view, std::uint64_t, std::uint64_t);
extern template long ControlWords::number(std::string_view, long, long);

}  // namespace efa::lab
