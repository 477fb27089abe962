#include "collectors/imds/instance_metadata.h"

#include <algorithm>

#include "collectors/imds/characters.h"

namespace efa {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

const NetworkInterface* InstanceMetadata::find(std::string_view mac) const {
  const auto found = std::lower_bound(
      interfaces.begin(), interfaces.end(), mac,
      [](const NetworkInterface& one, std::string_view value) { return one.mac < value; });
  return found != interfaces.end() && found->mac == mac ? &*found : nullptr;
}

std::string region_of_zone(std::string_view availability_zone) {
  for (std::size_t i = 1; i < availability_zone.size(); ++i) {
    if (availability_zone[i - 1] == '-' && is_digit(availability_zone[i])) {
      const auto* end =
          std::find_if_not(availability_zone.begin() + i, availability_zone.end(), is_digit);
      return {availability_zone.begin(), end};
    }
  }
  return {};
}

bool is_tag_in_metadata(std::string_view key) {
  constexpr std::size_t longest = 128;
  return !key.empty() && key.size() <= longest && key != "." && key != ".." && key != "_index" &&
         consists_of(key, "+-=.,_:@");
}

}  // namespace efa
