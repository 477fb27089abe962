#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace efa {

/// `text` as a double-quoted YAML scalar on one line; reads back as the same bytes if it is UTF-8.
std::string quoted(std::string_view text);

/// The same, cut if it is long, for messages.
std::string shown(std::string_view text);

/// "2s", "500ms", "1m": the largest unit that is exact.
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace efa
