#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tests/lab/efa_device/bus.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

constexpr std::size_t page_list_size = 32;  // in the command

/// The addresses of a memory region's pages, as REG_MR names them: in the command, in one buffer,
/// or in blocks of 512 that a chain of chunks leads to. Copied, as the guest frees its list.
///
/// Errors   nothing, if the list is too short or some of it is not in the guest's memory
/// Cost     8 bytes for each page; a chain is followed no further than `count` needs
[[nodiscard]] std::optional<std::vector<std::uint64_t>> read_page_list(Bus& bus, std::uint8_t flags,
                                                                       Bytes list,
                                                                       std::uint32_t count);

}  // namespace efa::lab
