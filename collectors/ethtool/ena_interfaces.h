#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/base/files.h"
#include "collectors/base/result.h"

namespace efa {

/// A network interface of the ENA driver.
struct EnaInterface {
  std::string name;         // ens32; can change while the device lives
  std::string mac;          // lower case, with colons; empty if it is not known
  std::string pci_address;  // 0000:00:05.0

  bool operator==(const EnaInterface&) const = default;
};
using EnaInterfaces = std::vector<std::shared_ptr<const EnaInterface>>;

/// Finds the ENA interfaces of a host.
///
/// Source   /sys/class/net: of the network namespace in which sysfs was mounted
/// Errors   a class that is not there is a host without interfaces; one that cannot be listed is an
///          error, and the interfaces stay as they were; one entry that cannot be told to be an ENA
///          or not is an error, and only that one is missing
/// Cost     five system calls when nothing has changed: names and inodes of the class are those of
///          the last scan. Else up to five for each entry that is new
/// Threads  one at a time
class EnaScanner {
 public:
  /// `files` must outlive the scanner.
  EnaScanner(Files& files, std::string sysfs);

  /// Brings `interfaces` up to date, ordered by PCI address: one that is still the same keeps its
  /// EnaInterface, a new, re-created or renamed one gets a new one.
  Result<void> scan(EnaInterfaces& interfaces);

 private:
  // What an entry of the class turned out to be.
  struct Known {
    DirectoryEntry entry;
    std::shared_ptr<const EnaInterface> interface;  // null: not an ENA
    std::optional<Error> problem;                   // why it could not be told
  };

  [[nodiscard]] Result<void> list();
  [[nodiscard]] bool unchanged() const;
  [[nodiscard]] Known recognise(const DirectoryEntry& entry) const;
  [[nodiscard]] Result<std::shared_ptr<const EnaInterface>> identify(const std::string& name) const;

  Files& files_;
  const std::string class_;
  std::vector<DirectoryEntry> entries_;
  std::vector<Known> known_;
};

}  // namespace efa
