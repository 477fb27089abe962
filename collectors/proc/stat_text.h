#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace efa {

/// Cuts off and returns the next word of a file of /proc; empty at the end.
std::string_view take_word(std::string_view& text);

/// The text of /proc/<pid>/stat, cut into its fields; it refers to the text.
class StatText {
 public:
  /// Nothing if there is no command in parentheses, behind which the fields stand.
  static std::optional<StatText> parse(std::string_view text);

  /// What stands in the parentheses: as the kernel has it, so any byte.
  [[nodiscard]] std::string_view command() const { return command_; }
  /// A field by its number in proc(5), first to last; empty if the text ends before it.
  [[nodiscard]] std::string_view field(std::size_t number) const { return fields_[number - first]; }

 private:
  static constexpr std::size_t first = 3;  // the state
  static constexpr std::size_t last = 24;  // resident pages

  std::string_view command_;
  std::array<std::string_view, last - first + 1> fields_;
};

}  // namespace efa
