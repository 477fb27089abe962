#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace efa {

/// Why a reading gave no value. Each reason has one reaction, and stands as the
/// label `reason` on efa_read_errors_total (absent and closed-but-not-asked excepted).
enum class Reason : std::uint8_t {
  absent,          // no such file: no series, no log, not counted
  unsupported,     // the device or driver says it cannot: stop asking
  denied,          // no permission: log once
  transient,       // anything else the kernel returned: count, ask again
  malformed,       // not the number that was expected: count, log with the path
  stuck,           // the reading has not returned by its deadline
  timeout,         // the device did not answer the driver (ETIME)
  closed,          // the device is gone or its admin queue is closed (ENODEV)
  no_descriptors,  // this process or the host is out of file descriptors
};
inline constexpr std::size_t reason_count = 9;

/// The word for a reason, as label value and in logs.
constexpr std::string_view to_string(Reason reason) {
  constexpr std::string_view words[reason_count] = {"absent",    "unsupported", "denied",
                                                    "transient", "malformed",   "stuck",
                                                    "timeout",   "closed",      "no_descriptors"};
  return words[static_cast<std::size_t>(reason)];
}

/// The reason behind an errno of open(2) or read(2) on sysfs.
Reason reason_of(int errno_value);

/// What failed. `context` is added once, where the object is known, and is
/// empty on the path of a scrape, so that a failure there allocates nothing.
struct Error {
  Reason reason = Reason::transient;
  int errno_value = 0;
  std::string context;

  static Error from_errno(int errno_value, std::string context = {}) {
    return {reason_of(errno_value), errno_value, std::move(context)};
  }
  bool operator==(const Error&) const = default;
  /// "context: message of errno", for logs.
  [[nodiscard]] std::string message() const;
};

/// A value or an Error; the steady state of the agent throws nothing.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& operator*() { return *std::get_if<0>(&state_); }
  const T& operator*() const { return *std::get_if<0>(&state_); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  [[nodiscard]] const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}

  [[nodiscard]] bool ok() const { return !failed_; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  Error error_;
  bool failed_ = false;
};

}  // namespace efa
