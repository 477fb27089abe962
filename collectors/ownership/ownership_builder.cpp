#include "collectors/ownership/ownership_builder.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace efa {
namespace {

constexpr const char* other_owners = "other";

void add_counts(ResourceCounts& to, const ResourceCounts& counts) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i]) {
      to[i] = to[i].value_or(0) + *counts[i];
    }
  }
}

Share& share_of(std::vector<Share>& shares, const std::string& device) {
  const auto at = std::find_if(shares.begin(), shares.end(),
                               [&](const Share& share) { return share.device == device; });
  if (at != shares.end()) {
    return *at;
  }
  shares.push_back({.device = device, .counts = {}, .registered_bytes = 0, .ranks = {}});
  return shares.back();
}

}  // namespace

void OwnershipBuilder::add(const std::string& device, Resource resource, const Workload& workload,
                           std::uint64_t bytes) {
  Sum& sum = sums_[workload.owner];
  if (!sum.owner.start_ticks || workload.start_ticks < *sum.owner.start_ticks) {
    sum.owner.start_ticks = workload.start_ticks;
    sum.owner.workload = workload;
  }
  sum.owner.members.emplace(workload.pid, workload.start_ticks);
  Share& share = sum.shares[device];
  share.device = device;
  auto& count = share.counts[static_cast<std::size_t>(resource)];
  count = count.value_or(0) + 1;
  share.registered_bytes += bytes;
  if (!workload.rank.rank.empty()) {
    share.ranks.insert(workload.rank);
  }
}

std::vector<Owner> OwnershipBuilder::owners() && {
  std::vector<Owner> owners;
  owners.reserve(sums_.size());
  for (auto& [name, sum] : sums_) {
    sum.owner.processes = sum.owner.members.size();
    for (auto& [device, share] : sum.shares) {
      sum.owner.shares.push_back(std::move(share));
    }
    owners.push_back(std::move(sum.owner));
  }
  std::sort(owners.begin(), owners.end(), [](const Owner& a, const Owner& b) {
    return std::tie(a.start_ticks, a.workload.owner) < std::tie(b.start_ticks, b.workload.owner);
  });
  return owners;
}

void limit_owners(std::vector<Owner>& owners, std::size_t most) {
  if (owners.size() <= most) {
    return;
  }
  Owner other;
  other.workload.owner = other_owners;
  for (auto owner = owners.begin() + static_cast<std::ptrdiff_t>(most); owner != owners.end();
       ++owner) {
    other.processes += owner->processes;
    for (const Share& share : owner->shares) {
      Share& sum = share_of(other.shares, share.device);
      add_counts(sum.counts, share.counts);
      sum.registered_bytes += share.registered_bytes;
    }
  }
  owners.resize(most);
  owners.push_back(std::move(other));
}

}  // namespace efa
