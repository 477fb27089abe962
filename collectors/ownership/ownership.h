#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/base/clock.h"
#include "collectors/base/result.h"
#include "collectors/engine/reading.h"
#include "collectors/workload/workload.h"

namespace efa {

/// What processes hold of a device.
enum class Resource : std::uint8_t { qp, cq, mr, pd, ctx };
inline constexpr std::size_t resource_kinds = 5;

/// The word for it, as RDMA core has it.
constexpr std::string_view to_string(Resource resource) {
  constexpr std::string_view words[resource_kinds] = {"qp", "cq", "mr", "pd", "ctx"};
  return words[static_cast<std::size_t>(resource)];
}

/// How many of each; nothing where that was not asked for or could not be told.
using ResourceCounts = std::array<std::optional<std::uint64_t>, resource_kinds>;

/// What a device has in all, whoever holds it.
struct DeviceResources {
  std::string device;  // its identity
  ResourceCounts counts;
};

/// What one owner holds of one device.
struct Share {
  std::string device;  // its identity
  ResourceCounts counts;
  std::uint64_t registered_bytes = 0;
  std::set<Workload::Rank> ranks;  // of its processes that hold something of it, if known
};

/// A workload that holds objects of EFA devices, with all of its processes that do.
struct Owner {
  Workload workload;
  std::size_t processes = 0;
  std::map<std::uint32_t, std::uint64_t> members;  // pids of those processes, and their start ticks
  std::optional<std::uint64_t> start_ticks;        // since boot, of the first of them
  std::vector<Share> shares;                       // by device
};

/// Who holds what of which device, at one moment.
struct Ownership {
  std::vector<NamedDevice> devices;  // that were asked about, and by which names
  std::vector<DeviceResources> resources;
  std::vector<Owner> owners;     // the longest-lived first
  std::uint64_t hidden = 0;      // objects whose process is not visible from here
  std::optional<Error> problem;  // the first thing that could not be asked
  SteadyTime taken;
};

}  // namespace efa
