#pragma once

#include <string_view>

namespace efa {

/// What a text may be.
struct TextRule {
  std::string_view placeholder;  // in the help of a flag
  std::string_view allowed;      // completes "allowed is ..."
  /// What is wrong with a text, as words that follow it; empty if nothing is.
  std::string_view (*objection)(std::string_view text);
};

extern const TextRule any_text;
extern const TextRule path_text;
extern const TextRule optional_path_text;
extern const TextRule address_text;
extern const TextRule telemetry_path_text;
extern const TextRule identity_label_text;
extern const TextRule label_name_text;

/// The number of bytes of the UTF-8 character at the start of `text`; 0 if there is none.
std::size_t utf8_length(std::string_view text);

}  // namespace efa
