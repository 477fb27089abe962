#pragma once

#include <cstddef>
#include <string>

namespace efa {

inline constexpr std::size_t largest_config_file = 1024UL * 1024UL;
inline constexpr const char* config_file_too_large =
    "is larger than 1 MiB, the most a configuration may have";

/// Appends the bytes of a regular file of at most 1 MiB to `text`; why it is not read, or nothing.
std::string read_config_file(const std::string& path, std::string& text);

}  // namespace efa
