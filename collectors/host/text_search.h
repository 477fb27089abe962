#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collectors/host/host_files.h"

namespace efa {

/// The word that follows the first `marker` in a file of any kind and size, such as a version in a
/// shared object: letters, digits and "._+-", beginning with a letter or digit. A marker without
/// such a word behind it is passed over.
///
/// Errors   absent     no such file, or no such word in its first `limit` bytes
/// Cost     reads the file in pieces of 64 KiB, which is all the memory it takes
Result<std::string> find_word_after(HostFiles& files, const std::string& path,
                                    std::string_view marker,
                                    std::uint64_t limit = std::uint64_t{256} << 20U);

}  // namespace efa
