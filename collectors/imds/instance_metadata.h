#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/base/result.h"

namespace efa {

/// A network interface (ENI) as EC2 describes it. An empty text is not known.
struct NetworkInterface {
  std::string mac;  // as EFA's GID 0 has it: lower case, with colons
  std::string interface_id;
  std::string subnet_id;
  std::string vpc_id;
  std::string network_card;  // not known of instances launched before there were several
  std::string device_number;
  std::vector<std::string> security_group_ids;  // sorted
  bool has_addresses = false;  // false: an EFA-only interface, which has no IP address

  bool operator==(const NetworkInterface&) const = default;
};

enum class IdentitySource : std::uint8_t { none, imds, dmi };

/// What an instance is known to be. An empty text is not known.
struct InstanceMetadata {
  IdentitySource source = IdentitySource::none;  // of the first two
  std::string instance_id;
  std::string instance_type;
  std::string image_id;
  std::string life_cycle;  // on-demand, spot, scheduled, capacity-block
  std::string availability_zone;
  std::string availability_zone_id;
  std::string region;
  std::string placement_group;
  std::string partition_number;
  std::map<std::string, std::string> tags;   // of those asked for
  std::vector<NetworkInterface> interfaces;  // by MAC
  bool interfaces_complete = false;          // they are all that EC2 lists
  std::optional<Error> problem;              // the first of the last time IMDS was asked

  bool operator==(const InstanceMetadata&) const = default;

  /// The interface of that MAC, as a device's GID has it; null if it is not known.
  [[nodiscard]] const NetworkInterface* find(std::string_view mac) const;
};

/// "us-east-1" of "us-east-1a", "us-west-2" of "us-west-2-lax-1a"; empty if it is not like these.
std::string region_of_zone(std::string_view availability_zone);

/// Whether EC2 shows a tag of that name in instance metadata: others cannot be asked for.
bool is_tag_in_metadata(std::string_view key);

}  // namespace efa
