#include "agent/doctor/processes.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "agent/doctor/within.h"
#include "collectors/host/process_limits.h"
#include "collectors/workload/environment.h"
#include "collectors/workload/process.h"
#include "collectors/workload/process_directory.h"

namespace efa {
namespace {

// Deeper than any job's; processes that come and go while they are read might make a circle.
constexpr int most_generations = 64;

// 0: none, or it has gone.
std::uint32_t parent_of(Files& files, const std::string& procfs, std::uint32_t pid) {
  const auto process = ProcessDirectory::open(files, procfs, pid);
  const auto text = process ? process->read("stat") : process.error();
  const auto fields = text ? parse_stat_fields(*text) : std::nullopt;
  return fields ? fields->parent : 0;
}

bool has_mapped(const std::vector<LibraryUser>& users, std::uint32_t pid,
                const std::string& library) {
  return std::any_of(users.begin(), users.end(), [&](const LibraryUser& user) {
    return user.pid == pid && user.library == library;
  });
}

}  // namespace

std::vector<Holder> find_holders(Files& files, const std::string& procfs,
                                 const Ownership& ownership, std::chrono::nanoseconds patience) {
  std::vector<Holder> holders;
  std::vector<std::uint64_t> starts;  // parallel
  for (const Owner& owner : ownership.owners) {
    for (const auto& [pid, start_ticks] : owner.members) {
      holders.push_back({pid, owner.workload.owner, owner.workload.command, {}, {}});
      starts.push_back(start_ticks);
    }
  }
  // On copies: one that is late may still be at them when the holders are with the caller.
  auto full = within(patience, [&files, procfs, read = holders, starts]() mutable {
    for (std::size_t i = 0; i < read.size(); ++i) {
      if (const auto limit = read_memlock_limit(files, procfs, read[i].pid)) {
        read[i].memlock = *limit;
      }
      if (auto environment = read_environment(files, procfs, read[i].pid, starts[i])) {
        read[i].environment = std::move(*environment);
      }
    }
    return std::move(read);
  });
  return full ? std::move(*full) : holders;
}

std::vector<LibraryUser> without_holders(Files& files, const std::string& procfs,
                                         const std::vector<LibraryUser>& users,
                                         const std::set<std::uint32_t>& holders) {
  const auto has_inherited = [&](const LibraryUser& user) {
    std::uint32_t pid = parent_of(files, procfs, user.pid);
    if (has_mapped(users, pid, user.library)) {
      return true;
    }
    for (int i = 0; i < most_generations && pid != 0; ++i) {
      if (holders.count(pid) > 0) {
        return true;
      }
      pid = parent_of(files, procfs, pid);
    }
    return false;
  };
  std::vector<LibraryUser> told;
  for (const LibraryUser& user : users) {
    if (holders.count(user.pid) == 0 && !has_inherited(user)) {
      told.push_back(user);
    }
  }
  return told;
}

}  // namespace efa
