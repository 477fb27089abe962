#include "tests/lab/efa_device/profile.h"

#include <optional>
#include <stdexcept>
#include <string_view>

#include "collectors/base/number.h"

namespace efa::lab {
namespace {

[[noreturn]] void refuse(std::string_view what, const std::string& found,
                         std::string_view expected) {
  throw std::invalid_argument(std::string(what) + ": found '" + found + "', expected " +
                              std::string(expected));
}

/// The number in `text` if it is from `low` to `high`.
std::optional<unsigned> number_within(std::string_view text, unsigned low, unsigned high) {
  const auto number = text.ends_with('\n') ? std::nullopt : parse_u64(text);
  if (!number || *number < low || *number > high) {
    return std::nullopt;
  }
  return static_cast<unsigned>(*number);
}

std::uint8_t parse_generation(const std::string& text) {
  constexpr std::string_view prefix = "efa";
  if (text.size() == prefix.size() + 1 && text.starts_with(prefix)) {
    if (const auto number = number_within(text.substr(prefix.size()), 0, 4)) {
      return static_cast<std::uint8_t>(*number);
    }
  }
  refuse("generation", text, "one of efa0, efa1, efa2, efa3 and efa4");
}

std::uint16_t parse_gbps(const std::string& text) {
  if (const auto number = number_within(text, 25, 800)) {
    return static_cast<std::uint16_t>(*number);
  }
  refuse("link speed", text, "a whole number of Gb/s from 25 to 800");
}

std::uint8_t parse_interface(const std::string& text) {
  if (const auto number = number_within(text, 1, 3)) {
    return static_cast<std::uint8_t>(*number);
  }
  refuse("interface version", text, "1, 2 or 3");
}

/// The register has four bits and counts in 100 ms.
std::chrono::milliseconds parse_admin_timeout(const std::string& text) {
  const auto number = number_within(text, 0, 1500);
  if (!number || *number % 100 != 0) {
    refuse("admin timeout", text, "a multiple of 100 ms up to 1500, or 0 for the driver's own");
  }
  return std::chrono::milliseconds(*number);
}

}  // namespace

Profile parse_profile(const ProfileText& text) {
  Profile profile;
  profile.generation = parse_generation(text.generation);
  profile.gbps = parse_gbps(text.gbps);
  profile.interface = parse_interface(text.interface);
  profile.admin_timeout = parse_admin_timeout(text.admin_timeout);
  // The first generation never learned RDMA write.
  profile.rdma_read = !text.without_rdma_read;
  profile.rdma_write = profile.generation >= 1 && !text.without_rdma_write;
  return profile;
}

}  // namespace efa::lab
