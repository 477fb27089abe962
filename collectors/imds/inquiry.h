#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/imds/imds_client.h"

namespace efa {

/// One round of questions to IMDS: a bad value costs only itself, and the first problem is kept.
///
/// Threads  one at a time
class Inquiry {
 public:
  /// The round ends at `until`.
  Inquiry(ImdsClient& client, const Clock& clock, SteadyTime until)
      : client_(client), clock_(clock), until_(until) {}

  /// IMDS gives no more answers: the last ones may be missing.
  [[nodiscard]] bool stopped() const { return !client_.ready(); }
  /// That, or it is time to end this round.
  [[nodiscard]] bool over() const { return stopped() || clock_.now() >= until_; }
  /// Empty if there is no such value; nothing if that is not known.
  std::optional<std::string> value(std::string_view path) { return answer_of(client_.get(path)); }
  std::optional<std::vector<std::string>> lines(std::string_view path) {
    return answer_of(client_.list(path));
  }
  /// Whether anything was asked in this round.
  [[nodiscard]] bool asked() const { return asked_; }
  [[nodiscard]] const std::optional<Error>& problem() const { return problem_; }

 private:
  template <typename T>
  std::optional<T> answer_of(Result<std::optional<T>> answer) {
    asked_ = true;
    if (answer) {
      return std::move(*answer).value_or(T{});
    }
    if (!problem_) {
      problem_ = answer.error();
    }
    return std::nullopt;
  }

  ImdsClient& client_;
  const Clock& clock_;
  const SteadyTime until_;
  std::optional<Error> problem_;
  bool asked_ = false;
};

}  // namespace efa
