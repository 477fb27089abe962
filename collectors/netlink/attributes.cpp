#include "collectors/netlink/attributes.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace efa {
namespace {

constexpr std::size_t head_size = sizeof(nlattr);
constexpr std::uint16_t type_mask = 0x3fff;

constexpr std::size_t aligned(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

template <typename T>
bool copy_exactly(std::span<const std::byte> payload, T& out) {
  if (payload.size() != sizeof(T)) {
    return false;
  }
  std::memcpy(&out, payload.data(), sizeof(T));
  return true;
}

}  // namespace

bool Attribute::get(std::uint8_t& out) const { return copy_exactly(payload, out); }
bool Attribute::get(std::uint32_t& out) const { return copy_exactly(payload, out); }
bool Attribute::get(std::uint64_t& out) const { return copy_exactly(payload, out); }

bool Attribute::get(std::string& out) const {
  const auto end = std::find(payload.begin(), payload.end(), std::byte{0});
  const auto size = static_cast<std::size_t>(end - payload.begin());
  if (size > longest_string) {
    return false;
  }
  out.resize(size);
  std::transform(payload.begin(), end, out.begin(),
                 [](std::byte byte) { return static_cast<char>(byte); });
  return true;
}

// The pad after the last attribute need not be there.
std::optional<Attribute> AttributeReader::next() {
  if (rest_.empty() || malformed_) {
    return std::nullopt;
  }
  nlattr head{};
  if (rest_.size() >= head_size) {
    std::memcpy(&head, rest_.data(), head_size);
  }
  if (head.nla_len < head_size || head.nla_len > rest_.size()) {
    malformed_ = true;
    return std::nullopt;
  }
  const Attribute attribute{static_cast<std::uint16_t>(head.nla_type & type_mask),
                            rest_.subspan(head_size, head.nla_len - head_size)};
  rest_ = rest_.subspan(std::min(aligned(head.nla_len), rest_.size()));
  return attribute;
}

// An attribute too long for its 16 bits of length is left out: the kernel says what is missing.
AttributeWriter& AttributeWriter::put(std::uint16_t type, std::span<const std::byte> payload) {
  const std::size_t size = head_size + payload.size();
  if (size > std::numeric_limits<std::uint16_t>::max()) {
    return *this;
  }
  const nlattr head{static_cast<std::uint16_t>(size), type};
  const auto head_bytes = std::as_bytes(std::span(&head, 1));
  bytes_.insert(bytes_.end(), head_bytes.begin(), head_bytes.end());
  bytes_.insert(bytes_.end(), payload.begin(), payload.end());
  bytes_.resize(aligned(bytes_.size()));
  return *this;
}

AttributeWriter& AttributeWriter::put_u8(std::uint16_t type, std::uint8_t value) {
  return put(type, std::as_bytes(std::span(&value, 1)));
}

AttributeWriter& AttributeWriter::put_u32(std::uint16_t type, std::uint32_t value) {
  return put(type, std::as_bytes(std::span(&value, 1)));
}

AttributeWriter& AttributeWriter::put_u64(std::uint16_t type, std::uint64_t value) {
  return put(type, std::as_bytes(std::span(&value, 1)));
}

AttributeWriter& AttributeWriter::put_string(std::uint16_t type, std::string_view text) {
  std::vector<char> with_nul(text.begin(), text.end());
  with_nul.push_back('\0');
  return put(type, std::as_bytes(std::span(with_nul)));
}

}  // namespace efa
