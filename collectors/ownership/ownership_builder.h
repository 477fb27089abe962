#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "collectors/ownership/ownership.h"

namespace efa {

/// Sums objects up by owner and device, which is told by its identity.
class OwnershipBuilder {
 public:
  /// The process holds one object of the device; `bytes`: of a memory region, its length.
  void add(const std::string& device, Resource resource, const Workload& workload,
           std::uint64_t bytes = 0);

  /// All of it: the longest-lived owner first, so that which ones are shown does not change with
  /// each that comes.
  [[nodiscard]] std::vector<Owner> owners() &&;

 private:
  struct Sum {
    Owner owner;
    std::map<std::string, Share> shares;  // by device
  };

  std::map<std::string, Sum> sums_;  // by Workload::owner
};

/// Leaves the first `most` owners as they are and sums up the rest as the owner "other", about whom
/// nothing else is told.
void limit_owners(std::vector<Owner>& owners, std::size_t most);

}  // namespace efa
