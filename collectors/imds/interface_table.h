#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collectors/base/clock.h"
#include "collectors/imds/inquiry.h"
#include "collectors/imds/instance_metadata.h"

namespace efa {

/// The network interfaces of an instance, kept as long as they are true.
///
/// Source   network/interfaces/macs/
/// Errors   in the Inquiry; what was known stays
/// Cost     for each interface six requests at first and once in `facts_age`, and one for its
///          security groups in `age`; a VPC is asked for once for each subnet. A round that is over
///          early goes on in the next
/// Threads  one at a time
class InterfaceTable {
 public:
  static constexpr std::size_t most = 64;
  static constexpr std::chrono::seconds age{300};
  static constexpr std::chrono::seconds facts_age{3600};
  /// How soon the list is read again for a MAC that is not on it, as its interface may just be
  /// coming; for the same one twice as long each time, up to `age`.
  static constexpr std::chrono::seconds missing_age{30};

  explicit InterfaceTable(const Clock& clock) : clock_(clock) {}

  /// Asks what is due, first of `macs`.
  void refresh(const std::vector<std::string>& macs, Inquiry& inquiry);
  /// By MAC.
  [[nodiscard]] std::vector<NetworkInterface> interfaces() const;
  /// Whether they are all that EC2 lists: not while a round is still to go on.
  [[nodiscard]] bool is_complete() const;

 private:
  struct Entry {
    NetworkInterface interface;
    SteadyTime facts_read;
    SteadyTime groups_read;
  };

  [[nodiscard]] std::vector<std::string> missing_of(const std::vector<std::string>& macs) const;
  [[nodiscard]] bool is_list_due(const std::vector<std::string>& missing) const;
  bool read_list(const std::vector<std::string>& macs, Inquiry& inquiry);
  void read_interface(const std::string& mac, Inquiry& inquiry);
  NetworkInterface read_facts(const std::string& mac, Inquiry& inquiry) const;
  [[nodiscard]] std::string vpc_of_subnet(const std::string& subnet_id) const;

  const Clock& clock_;
  std::map<std::string, Entry> entries_;  // by MAC; without interface ID: no interface yet
  std::vector<std::string> listed_;       // MACs, in the order in which they are read
  bool is_list_whole_ = false;            // listed_ are all of them
  std::optional<SteadyTime> list_read_;
  std::vector<std::string> missing_;  // of those asked for, before the list was last read
  std::chrono::seconds missing_age_ = missing_age;  // how old the list may get while these are
};

}  // namespace efa
