#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/base/result.h"

namespace efa {

/// The lines of the kernel's log that hold one of `words`, oldest first, at most the last `most`;
/// without their heads.
///
/// Source   /dev/kmsg: what the kernel still has, since boot at most
/// Errors   denied  neither CAP_SYSLOG nor kernel.dmesg_restrict=0, or not readable for the user
/// Cost     a read for each line there is: some thousands
/// Threads  safe to call concurrently
Result<std::vector<std::string>> read_kernel_log(const std::string& path,
                                                 std::span<const std::string_view> words,
                                                 std::size_t most);

/// The text of a record of /dev/kmsg, "6,339,5140900,-;efa 0000:00:1d.0: ..."; empty if it is none.
std::string_view text_of_record(std::string_view record);

}  // namespace efa
