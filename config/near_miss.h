#pragma once

#include <span>
#include <string>
#include <string_view>

namespace efa {

/// The candidate that was probably meant by `word`: a slip or two away, or begun alike; empty if
/// none is.
std::string near_miss(std::string_view word, std::span<const std::string> candidates);

}  // namespace efa
