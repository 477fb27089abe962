#pragma once

#include <cstdint>
#include <vector>

#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

/// The host's view of a buffer that lies in several places; none of them is empty.
using Pieces = std::vector<MutableBytes>;

/// Adds a piece at the end, as one with the last where they touch.
void append(Pieces& pieces, MutableBytes piece);

/// Moves the first `count` bytes; both sides have that many, and may overlap.
void copy(const Pieces& from, const Pieces& to, std::uint64_t count);

/// What is left behind the first `count` bytes.
[[nodiscard]] Pieces without_first(Pieces pieces, std::uint64_t count);

}  // namespace efa::lab
