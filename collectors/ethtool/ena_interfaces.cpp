#include "collectors/ethtool/ena_interfaces.h"

#include <fcntl.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace efa {
namespace {

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

EnaScanner::EnaScanner(Files& files, std::string sysfs)
    : files_(files), class_(std::move(sysfs) + "/class/net") {}

Result<void> EnaScanner::list() {
  const auto directory = files_.open_directory(AT_FDCWD, class_.c_str());
  if (directory) {
    const auto listed = files_.list(directory->get(), entries_);
    return listed ? listed : Error::from_errno(listed.error().errno_value, class_);
  }
  if (directory.error().reason != Reason::absent) {
    return Error::from_errno(directory.error().errno_value, class_);
  }
  entries_.clear();
  return {};
}

bool EnaScanner::unchanged() const {
  return std::equal(entries_.begin(), entries_.end(), known_.begin(), known_.end(),
                    [](const DirectoryEntry& entry, const Known& known) {
                      return entry == known.entry && !known.problem;
                    });
}

Result<std::shared_ptr<const EnaInterface>> EnaScanner::identify(const std::string& name) const {
  const std::string path = class_ + '/' + name;
  const auto driver = files_.read_link(AT_FDCWD, (path + "/device/driver").c_str());
  if (!driver) {
    return driver.error();
  }
  if (last_part(*driver) != "ena") {
    return Error{Reason::absent, 0, {}};
  }
  const auto device = files_.read_link(AT_FDCWD, (path + "/device").c_str());
  if (!device) {
    return device.error();
  }
  auto mac = files_.read_text(AT_FDCWD, (path + "/address").c_str());
  if (!mac) {
    return mac.error();
  }
  return std::make_shared<const EnaInterface>(
      EnaInterface{name, std::move(*mac), std::string(last_part(*device))});
}

EnaScanner::Known EnaScanner::recognise(const DirectoryEntry& entry) const {
  const auto same = std::find_if(known_.begin(), known_.end(),
                                 [&](const Known& known) { return known.entry == entry; });
  if (same != known_.end() && !same->problem) {
    return *same;
  }
  auto identified = identify(entry.name);
  if (identified) {
    return {entry, std::move(*identified), {}};
  }
  // Most interfaces are like that: they have no device, or one of another driver.
  if (identified.error().reason == Reason::absent) {
    return {entry, nullptr, {}};
  }
  return {entry, nullptr,
          Error::from_errno(identified.error().errno_value, class_ + '/' + entry.name)};
}

Result<void> EnaScanner::scan(EnaInterfaces& interfaces) {
  if (auto listed = list(); !listed) {
    return listed;
  }
  if (unchanged()) {
    return {};
  }
  std::vector<Known> known;
  known.reserve(entries_.size());
  for (const DirectoryEntry& entry : entries_) {
    known.push_back(recognise(entry));
  }
  known_ = std::move(known);
  EnaInterfaces found;
  Result<void> result;
  for (const Known& one : known_) {
    if (one.interface) {
      found.push_back(one.interface);
    } else if (one.problem) {
      result = *one.problem;
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(a->pci_address, a->name) < std::tie(b->pci_address, b->name);
  });
  interfaces = std::move(found);
  return result;
}

}  // namespace efa
