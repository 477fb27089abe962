#pragma once

#include <string>
#include <vector>

#include "tests/imds/metadata_tree.h"

namespace efa::test {

/// An instance as its IMDS would describe it; IDs are made up.
struct MadeInstance {
  MetadataTree tree;
  std::vector<std::string> efa_macs;

  /// Where an interface's values are.
  [[nodiscard]] static std::string folder_of(const std::string& mac);
};

/// Of one of these types:
///   p5.48xlarge    an ENA for IP and 32 EFA-only interfaces, one on each network card
///   c5n.18xlarge   launched in 2019, with an EFA that is an ENA, too, and what IMDS told then
///   hpc7g.16xlarge in a placement group, with an EFA that is an ENA, too
/// `macs`: those of its EFA devices, as many as there are; others follow.
///
/// Errors   thrown: another type
MadeInstance make_instance(const std::string& type, std::vector<std::string> macs = {});

/// Adds an EFA-only interface.
void attach_efa_only(MadeInstance& instance, const std::string& mac, unsigned network_card,
                     unsigned device_number);

}  // namespace efa::test
