#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/health/check.h"
#include "collectors/health/judging.h"
#include "collectors/health/probe_judge.h"

namespace efa {
namespace {

// Who holds queue pairs, and whether what they are on moves.
struct Use {
  std::string owner;
  std::uint64_t queue_pairs = 0;
  std::size_t devices = 0;
  std::size_t unknown = 0;  // devices whose traffic is not known
  std::uint64_t bytes = 0;
};

std::uint64_t count_of(const ResourceCounts& counts, Resource resource) {
  return counts[static_cast<std::size_t>(resource)].value_or(0);
}

// Whose queue pairs they are is asked only if ownership.queue_pairs is on, as it costs the device a
// command for each. Else those of the device count for each owner that has completion queues of it:
// nobody has these without queue pairs for long.
std::uint64_t queue_pairs_of(const HealthView& view, const std::string& identity,
                             const ResourceCounts& counts) {
  if (counts[static_cast<std::size_t>(Resource::qp)] || count_of(counts, Resource::cq) == 0) {
    return count_of(counts, Resource::qp);
  }
  const auto& all = view.ownership->resources;
  const auto device = std::find_if(
      all.begin(), all.end(), [&](const DeviceResources& of) { return of.device == identity; });
  return device == all.end() ? 0 : count_of(device->counts, Resource::qp);
}

void add_use(const HealthView& view, const std::string& identity, const ResourceCounts& counts,
             Use& use) {
  const auto queue_pairs = queue_pairs_of(view, identity, counts);
  if (queue_pairs == 0) {
    return;
  }
  use.queue_pairs += queue_pairs;
  ++use.devices;
  const DeviceReading* device = find_device(*view.now, identity);
  const auto sent = device != nullptr ? amount_of(view, *device, "tx_bytes") : std::nullopt;
  const auto received = device != nullptr ? amount_of(view, *device, "rx_bytes") : std::nullopt;
  if (!sent || !received) {
    ++use.unknown;
  }
  use.bytes += sent.value_or(0) + received.value_or(0);
}

std::vector<Use> uses_of(const HealthView& view) {
  std::vector<Use> uses;
  for (const Owner& owner : view.ownership->owners) {
    Use use{owner.workload.owner};
    for (const Share& share : owner.shares) {
      add_use(view, share.device, share.counts, use);
    }
    uses.push_back(std::move(use));
  }
  if (view.ownership->hidden > 0 && uses.empty()) {
    Use use{"a process that is not visible from here"};
    for (const DeviceResources& device : view.ownership->resources) {
      add_use(view, device.device, device.counts, use);
    }
    uses.push_back(std::move(use));
  }
  std::erase_if(uses, [](const Use& use) { return use.devices == 0; });
  return uses;
}

bool stands_still(const Use& use) { return use.unknown == 0 && use.bytes == 0; }

constexpr std::string_view still_fix =
    "see whether the job computes, hangs, or uses TCP: efa-agent doctor --watch=60; start it with "
    "NCCL_DEBUG=INFO, and its log must name NET/OFI and the provider efa; with MPI set "
    "FI_PROVIDER=efa, so that it ends with an error and not with TCP";

Finding judge_growth(const HealthView& view, const std::vector<Use>& uses) {
  const auto unclear = std::find_if(
      uses.begin(), uses.end(), [](const Use& use) { return use.unknown > 0 && use.bytes == 0; });
  if (unclear != uses.end()) {
    return unknown("the traffic of " + std::to_string(unclear->unknown) + " of " +
                       counted(unclear->devices, "EFA") + " that " + unclear->owner +
                       " uses could not be read",
                   "see EFA-701 to EFA-705, and try again");
  }
  std::uint64_t bytes = 0;
  for (const Use& use : uses) {
    bytes = std::max(bytes, use.bytes);
  }
  return pass(counted(uses.size(), "owner") +
              " of queue pairs, and all use EFAs with traffic: up to " + grouped(bytes) +
              " bytes " + period_of(view));
}

Finding judge_owners(const HealthView& view) {
  if (auto nothing = without_devices(view)) {
    return *nothing;
  }
  if (!view.ownership) {
    return unknown("who holds queue pairs was not asked", "sudo efa-agent doctor");
  }
  const std::vector<Use> uses = uses_of(view);
  if (uses.empty() && view.ownership->problem) {
    return unknown(
        "who holds queue pairs could not be asked: " + view.ownership->problem->message(),
        "sudo efa-agent doctor");
  }
  if (uses.empty()) {
    return unknown("no process holds a queue pair, so there is no job to judge", watch_command(10));
  }
  const auto still = std::count_if(uses.begin(), uses.end(), stands_still);
  if (still > 0) {
    const Use& use = *std::find_if(uses.begin(), uses.end(), stands_still);
    std::string found = use.owner + " holds " + counted(use.queue_pairs, "queue pair") + " on " +
                        counted(use.devices, "EFA") + " that moved no byte " + period_of(view);
    if (still > 1) {
      found.append("; so do ").append(std::to_string(still - 1)).append(" more owners");
    }
    return warn(std::move(found), std::string(still_fix));
  }
  if (!view.before) {
    return unknown("the EFAs of all " + counted(uses.size(), "owner") +
                       " have moved bytes since boot, but whether they do now takes two readings",
                   watch_command(10));
  }
  return judge_growth(view, uses);
}

constexpr std::string_view library_fix =
    "where the job runs, in its container: ls /dev/infiniband must list uverbs0 and fi_info -p efa "
    "-t FI_EP_RDM must list the EFAs; a pod requests vpc.amazonaws.com/efa; start the job with "
    "FI_PROVIDER=efa and NCCL_DEBUG=INFO to see what it chose";

Finding judge_library_users(const HealthView& view) {
  if (auto nothing = without_devices(view)) {
    return *nothing;
  }
  if (!view.library_users) {
    return unknown(
        "which libraries processes have mapped is not permitted to be seen, or took too long",
        "sudo efa-agent doctor");
  }
  std::vector<std::string> users;
  for (const LibraryUser& user : *view.library_users) {
    users.push_back(user.command + " (pid " + std::to_string(user.pid) + ", " + user.library + ")");
  }
  if (users.empty()) {
    return pass("every process that has libfabric or the NCCL plugin mapped holds an EFA");
  }
  if (!view.ownership || view.ownership->problem) {
    return unknown("who holds an EFA could not be asked" +
                       (view.ownership ? ": " + view.ownership->problem->message() : "") +
                       "; libfabric or the NCCL plugin have mapped: " + joined(users),
                   "see what EFA-006 says; sudo efa-agent doctor");
  }
  return warn(joined(users) + (users.size() == 1 ? " holds" : " hold") + " nothing of any EFA",
              std::string(library_fix));
}

constexpr Check checks[] = {
    {"EFA-201", "the EFAs that jobs hold carry their traffic",
     "A job that holds queue pairs and moves no byte either hangs or sends its data over TCP, at a "
     "fraction of the speed.",
     Verdict::warn, Published::by_growth, judge_owners},
    {"EFA-202", "every process with libfabric or the NCCL plugin holds an EFA",
     "Libraries that find no usable EFA fall back to TCP without an error, and the job is merely "
     "slow.",
     Verdict::warn, Published::no, judge_library_users},
    {"EFA-203", "a queue pair can be brought up on every EFA",
     "It is what a job does before its first message, and one that fails at it ends or goes over "
     "TCP.",
     Verdict::fail, Published::no, judge_probe},
};

}  // namespace

std::span<const Check> traffic_checks() { return checks; }

}  // namespace efa
