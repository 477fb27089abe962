#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace efa::test {

/// Whether the C library takes `text` for UTF-8.
bool is_utf8(std::string_view text);

/// The members of a JSON object (RFC 8259) whose values are strings, as a line of log is: nothing
/// unless the text, a newline at its end excepted, is exactly that, valid to the letter and without
/// a key twice.
std::optional<std::map<std::string, std::string>> parse_flat_json(std::string_view text);

}  // namespace efa::test
