#pragma once

#include <array>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "collectors/imds/dmi.h"
#include "collectors/imds/imds_client.h"
#include "collectors/imds/imds_endpoints.h"
#include "collectors/imds/instance_metadata.h"
#include "collectors/imds/interface_table.h"
#include "collectors/imds/metadata_transport.h"

namespace efa {

struct MetadataSettings {
  std::string sysfs = "/sys";
  ImdsSettings imds;
  std::vector<std::string> tags;  // keys
};

/// What the instance is, and its network interfaces.
///
/// Source   IMDSv2; for type and ID without it, DMI. A host that is certainly not EC2 is asked
///          nothing, unless an endpoint is set
/// Errors   InstanceMetadata::problem; what was known stays
/// Cost     nine requests until the identity is known, then one for each tag and interface in five
///          minutes; from memory when nothing is due. A round ends after `longest_round` and goes
///          on at the next read()
/// Threads  one at a time. read() may block for `longest_round` and as long again as reading one
///          interface takes
class MetadataReader {
 public:
  /// The MACs of the EFA devices, in any order.
  using Question = std::vector<std::string>;
  static constexpr std::chrono::seconds age{300};
  static constexpr std::chrono::seconds longest_round{10};

  /// All but the settings must outlive it.
  MetadataReader(Files& files, MetadataTransport& transport, const Clock& clock,
                 const MetadataSettings& settings);

  InstanceMetadata read(const Question& macs);

 private:
  static constexpr std::size_t identity_size = 9;

  MetadataReader(Files& files, MetadataTransport& transport, const Clock& clock,
                 MetadataSettings settings, const Result<std::vector<HttpEndpoint>>& endpoints);
  [[nodiscard]] bool is_elsewhere() const;
  void ask(const Question& macs);
  void read_identity(Inquiry& inquiry);
  void read_tags(Inquiry& inquiry);
  [[nodiscard]] InstanceMetadata answer() const;

  Files& files_;
  const Clock& clock_;
  const MetadataSettings settings_;
  ImdsClient client_;
  InterfaceTable interfaces_;
  Dmi dmi_;
  InstanceMetadata known_;  // by IMDS
  std::array<bool, identity_size> answered_{};
  SteadyTime identity_due_;
  std::map<std::string, SteadyTime> tags_due_;  // by key
};

}  // namespace efa
