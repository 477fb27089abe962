#pragma once

#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/netlink/attributes.h"

namespace efa::test {

using Bytes = std::vector<std::byte>;

inline Bytes bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// The first `size` bytes, in memory of their own that ends there, so that ASan sees a read beyond.
inline Bytes cut(const Bytes& bytes, std::size_t size) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

/// An attribute with any length in its head, true or not.
inline Bytes attribute_with_length(std::uint16_t length, std::uint16_t type, const Bytes& payload) {
  const nlattr head{length, type};
  const auto head_bytes = std::as_bytes(std::span(&head, 1));
  return Bytes(head_bytes.begin(), head_bytes.end()) + payload;
}

inline Bytes nested(std::uint16_t type, const Bytes& payload) {
  return AttributeWriter().put(type, payload).bytes();
}

inline Bytes message(std::uint16_t type, const Bytes& payload, std::uint16_t flags = 0,
                     std::uint32_t sequence = 0) {
  nlmsghdr head{};
  head.nlmsg_len = static_cast<std::uint32_t>(sizeof head + payload.size());
  head.nlmsg_type = type;
  head.nlmsg_flags = flags;
  head.nlmsg_seq = sequence;
  const auto head_bytes = std::as_bytes(std::span(&head, 1));
  Bytes bytes = Bytes(head_bytes.begin(), head_bytes.end()) + payload;
  bytes.resize((bytes.size() + 3) / 4 * 4);
  return bytes;
}

inline Bytes number(std::int32_t value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  return {bytes.begin(), bytes.end()};
}

/// NLMSG_DONE.
inline Bytes done(int errno_value = 0, std::uint16_t flags = NLM_F_MULTI) {
  return message(NLMSG_DONE, number(-errno_value), flags);
}

/// NLMSG_ERROR, which acknowledges if there is none.
inline Bytes acknowledgement(int errno_value = 0) {
  return message(NLMSG_ERROR, number(-errno_value) + Bytes(sizeof(nlmsghdr)));
}

/// The datagrams of tests/data/netlink/<name>.hex; the README there says what they are.
inline std::vector<Bytes> recorded(const std::string& name) {
  const std::filesystem::path path = std::string(EFA_TEST_DATA "/netlink/") + name + ".hex";
  std::ifstream file(path);
  if (!file) {
    throw std::runtime_error("cannot read " + path.string());
  }
  std::vector<Bytes> datagrams;
  for (std::string line; std::getline(file, line);) {
    Bytes& datagram = datagrams.emplace_back();
    for (std::size_t i = 0; i + 1 < line.size(); i += 2) {
      datagram.push_back(static_cast<std::byte>(std::stoi(line.substr(i, 2), nullptr, 16)));
    }
  }
  return datagrams;
}

/// Random bytes of any length up to `longest`, often with small numbers, which lengths and types
/// are.
inline Bytes random_bytes(std::mt19937& random, std::size_t longest) {
  Bytes bytes(random() % (longest + 1));
  for (std::byte& byte : bytes) {
    const auto value = random();
    byte = static_cast<std::byte>(value % 3 == 0 ? value >> 8U : value >> 8U & 0x1fU);
  }
  return bytes;
}

}  // namespace efa::test
