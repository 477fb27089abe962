#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace efa {

/// One netlink attribute: a type, and bytes that belong to whoever owns the message.
///
/// get() gives false, and leaves `out` alone, if the bytes are not a value of that kind.
struct Attribute {
  static constexpr std::size_t longest_string = 255;

  std::uint16_t type = 0;  // without the flags "nested" and "network byte order"
  std::span<const std::byte> payload;

  [[nodiscard]] bool get(std::uint8_t& out) const;
  [[nodiscard]] bool get(std::uint32_t& out) const;
  [[nodiscard]] bool get(std::uint64_t& out) const;
  /// The text up to the first NUL, or all of it.
  [[nodiscard]] bool get(std::string& out) const;
  template <typename T>
  [[nodiscard]] bool get(std::optional<T>& out) const {
    T value{};
    if (!get(value)) {
      return false;
    }
    out = std::move(value);
    return true;
  }
};

/// Walks the attributes of a message, or of a nested attribute, whatever the bytes are.
///
/// Source   the payload of a netlink message; integers in the host's byte order
/// Errors   malformed() after the walk has ended: a length below 4 or beyond the end, or bytes left
///          over. What came before is good
/// Cost     no allocation
class AttributeReader {
 public:
  explicit AttributeReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  std::optional<Attribute> next();
  [[nodiscard]] bool malformed() const { return malformed_; }

 private:
  std::span<const std::byte> rest_;
  bool malformed_ = false;
};

/// Calls visit(attribute) for each; false as soon as that gives false, and if `bytes` is malformed.
/// Nested attributes are walked by walking a payload: the flag that marks them is not relied upon,
/// because the kernel does not always set it.
template <typename Visit>
[[nodiscard]] bool walk_attributes(std::span<const std::byte> bytes, Visit&& visit) {
  AttributeReader reader(bytes);
  while (const auto attribute = reader.next()) {
    if (!visit(*attribute)) {
      return false;
    }
  }
  return !reader.malformed();
}

/// Puts attributes together, for a request.
class AttributeWriter {
 public:
  AttributeWriter& put(std::uint16_t type, std::span<const std::byte> payload);
  AttributeWriter& put_u8(std::uint16_t type, std::uint8_t value);
  AttributeWriter& put_u32(std::uint16_t type, std::uint32_t value);
  AttributeWriter& put_u64(std::uint16_t type, std::uint64_t value);
  /// With a NUL at the end, as the kernel wants it.
  AttributeWriter& put_string(std::uint16_t type, std::string_view text);

  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace efa
