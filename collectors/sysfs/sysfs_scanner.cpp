#include "collectors/sysfs/sysfs_scanner.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "collectors/sysfs/device_attributes.h"

namespace efa {

SysfsScanner::SysfsScanner(Files& files, const Clock& clock, std::string sysfs,
                           std::size_t descriptors, SysfsDevice::PortCounters ports)
    : files_(files),
      clock_(clock),
      sysfs_(std::move(sysfs)),
      ports_(ports),
      budget_(std::make_shared<DescriptorBudget>(descriptors)) {}

bool SysfsScanner::unchanged(const std::vector<DirectoryEntry>& entries) const {
  return std::equal(entries.begin(), entries.end(), known_.begin(), known_.end(),
                    [](const DirectoryEntry& entry, const Known& known) {
                      return entry == known.entry && known.settled;
                    });
}

SysfsScanner::Known SysfsScanner::recognise(const DirectoryEntry& entry) {
  const auto same = std::find_if(known_.begin(), known_.end(),
                                 [&](const Known& known) { return known.entry == entry; });
  const bool is_known = same != known_.end();
  if (is_known && !same->settled && same->reader && same->reader->is_as_found()) {
    // One without a port is looked at again, but keeps its reader meanwhile.
    same->settled = same->reader->is_complete();
    return *same;
  }
  if (is_known && same->settled) {
    return *same;
  }
  const std::string path = sysfs_ + "/class/infiniband/" + entry.name;
  const auto identity = read_efa_identity(files_, path);
  if (identity) {
    return {entry,
            std::make_shared<SysfsDevice>(files_, clock_, budget_, sysfs_, entry.name, *identity,
                                          ports_),
            false,
            {}};
  }
  if (identity.error().reason == Reason::absent) {
    return {entry, nullptr, true, {}};
  }
  if (is_known && same->reader) {
    return *same;  // out of descriptors, say: no reason to lose it
  }
  return {entry, nullptr, false, Error::from_errno(identity.error().errno_value, path + "/device")};
}

Result<void> SysfsScanner::scan(Devices& devices) {
  const std::string path = sysfs_ + "/class/infiniband";
  if (const auto directory = files_.open_directory(AT_FDCWD, path.c_str())) {
    if (const auto listed = files_.list(directory->get(), entries_); !listed) {
      return Error::from_errno(listed.error().errno_value, path);
    }
  } else if (directory.error().reason != Reason::absent) {
    return Error::from_errno(directory.error().errno_value, path);
  } else {
    entries_.clear();
  }
  if (unchanged(entries_)) {
    return {};
  }
  std::vector<Known> known;
  known.reserve(entries_.size());
  for (const DirectoryEntry& entry : entries_) {
    known.push_back(recognise(entry));
  }
  known_ = std::move(known);
  Devices found;
  std::optional<Error> problem;
  for (const Known& one : known_) {
    if (one.reader) {
      found.push_back(one.reader);
    } else if (one.problem) {
      problem = one.problem;
    }
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a->identity() < b->identity(); });
  devices = std::move(found);
  return problem ? Result<void>(*problem) : Result<void>();
}

}  // namespace efa
