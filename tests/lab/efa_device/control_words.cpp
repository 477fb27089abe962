#include "tests/lab/efa_device/control_words.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace efa::lab {
namespace {

constexpr std::string_view white_space = " \t\r";
constexpr double longest_milliseconds = 86'400'000;  // a day

}  // namespace

std::string_view ControlWords::word() {
  const std::size_t begin = std::min(rest_.find_first_not_of(white_space), rest_.size());
  const std::size_t end = std::min(rest_.find_first_of(white_space, begin), rest_.size());
  const std::string_view found = rest_.substr(begin, end - begin);
  rest_.remove_prefix(end);
  return found;
}

bool ControlWords::at_end() const {
  return rest_.find_first_not_of(white_space) == std::string_view::npos;
}

void ControlWords::expect(std::string_view what, std::string_view found) {
  if (mistake_.empty()) {
    mistake_ = (found.empty() ? "found no more words" : "found '" + std::string(found) + "'") +
               ", expected " + std::string(what);
  }
}

template <class T>
std::optional<T> ControlWords::parse(std::string_view word) {
  T value{};
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (problem != std::errc() || end != word.data() + word.size()) {
    return std::nullopt;
  }
  return value;
}

template <std::integral T>
T ControlWords::number(std::string_view what, T low, T high) {
  const std::string_view found = word();
  const auto value = parse<T>(found);
  if (!value || *value < low || *value > high) {
    expect(std::string(what) + ", a whole number from " + std::to_string(low) + " to " +
               std::to_string(high),
           found);
    return 0;
  }
  return *value;
}

template std::uint8_t ControlWords::number(std::string_view, std::uint8_t, std::uint8_t);
template std::uint16_t ControlWords::number(std::string_view, std::uint16_t, std::uint16_t);
template std::uint64_t ControlWords::number(std::string_view, std::uint64_t, std::uint64_t);
template long ControlWords::number(std::string_view, long, long);

double ControlWords::decimal(std::string_view what, double high) {
  const std::string_view found = word();
  const auto value = parse<double>(found);
  if (!value || !std::isfinite(*value) || *value < 0 || *value > high) {
    expect(what, found);
    return 0;
  }
  return *value;
}

std::chrono::microseconds ControlWords::milliseconds() {
  const std::chrono::duration<double, std::milli> time(
      decimal("milliseconds, from 0 to a day, with decimals if wanted", longest_milliseconds));
  return std::chrono::round<std::chrono::microseconds>(time);
}

std::optional<Counter> ControlWords::counter() {
  const std::string_view found = word();
  if (found == "all") {
    return std::nullopt;
  }
  const auto counter = counter_named(found);
  if (!counter) {
    expect("the name of a counter or 'all'", found);
  }
  return counter;
}

std::string ControlWords::mistake() {
  if (mistake_.empty() && !at_end()) {
    expect("nothing more", word());
  }
  return mistake_;
}

}  // namespace efa::lab
