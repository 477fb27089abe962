#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

/// What the device shares with the host's memory is bytes; these read and write numbers in them.
/// All fields of the device's interface are little endian, as is every host this runs on.
namespace efa::lab {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

template <class T>
[[nodiscard]] T load(Bytes from, std::size_t offset = 0) {
  static_assert(std::is_trivially_copyable_v<T>);
  assert(offset + sizeof(T) <= from.size());
  T value;
  std::memcpy(&value, from.data() + offset, sizeof value);
  return value;
}

template <class T>
void store(MutableBytes to, std::size_t offset, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  assert(offset + sizeof(T) <= to.size());
  std::memcpy(to.data() + offset, &value, sizeof value);
}

}  // namespace efa::lab
