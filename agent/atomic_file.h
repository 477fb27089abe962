#pragma once

#include <string>
#include <string_view>

#include "collectors/base/result.h"

namespace efa {

/// Puts `text` in place of the file at `path` in one step: readers see the old file or the new one,
/// never a part, and a crash leaves one of the two. The new file has mode 0644.
///
/// Errors   errno with the path; the old file stays as it was, and nothing else is left
/// Cost     two fsync(2)
Result<void> replace_file(const std::string& path, std::string_view text);

}  // namespace efa
