#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/base/clock.h"
#include "collectors/base/result.h"
#include "collectors/base/unique_fd.h"

namespace efa {

/// Carries ETHTOOL_* commands to the kernel; tests answer in its place.
///
/// Threads  one at a time
class EthtoolIoctl {
 public:
  EthtoolIoctl() = default;
  EthtoolIoctl(const EthtoolIoctl&) = delete;
  EthtoolIoctl& operator=(const EthtoolIoctl&) = delete;
  virtual ~EthtoolIoctl() = default;

  /// Has a command of <linux/ethtool.h> answered in place. An answer that is longer than `command`
  /// is EFAULT, and never written beyond it.
  virtual Result<void> ask(const std::string& interface, std::span<std::byte> command) = 0;
};

/// More statistics than these are taken for an error.
inline constexpr std::uint32_t max_statistics = 65'536;

/// The kernel's answers.
///
/// Source   SIOCETHTOOL, in the network namespace of the thread that asks first
/// Errors   closed       no interface of that name
///          unsupported  its driver has no such command
///          transient    EFAULT: the answer is longer than was expected
/// Cost     one system call, two copies of the command. It takes RTNL, and some drivers ask their
///          device meanwhile: it can block for seconds, uninterruptibly
class PosixEthtoolIoctl final : public EthtoolIoctl {
 public:
  Result<void> ask(const std::string& interface, std::span<std::byte> command) override;

 private:
  struct Unmap {
    void operator()(std::byte* memory) const;
  };

  Result<void> open();

  UniqueFd socket_;
  // Ends in a page that cannot be written to. The kernel writes as many values as the driver has at
  // that moment, and before 6.19 knows nothing of the size of our memory.
  std::unique_ptr<std::byte, Unmap> memory_;
};

/// What drives an interface.
struct EthtoolDriver {
  std::string name;
  std::string version;
  std::string bus_info;  // of a PCI device its address

  bool operator==(const EthtoolDriver&) const = default;
};
Result<EthtoolDriver> read_driver(EthtoolIoctl& ethtool, const std::string& interface);

/// How many statistics an interface has now.
Result<std::uint32_t> count_statistics(EthtoolIoctl& ethtool, const std::string& interface);

/// The names of statistics: 32 bytes each, up to a NUL if there is one, white space trimmed at both
/// ends. Malformed if `bytes` are fewer than that.
Result<std::vector<std::string>> decode_names(std::span<const std::byte> bytes,
                                              std::uint32_t count);

/// The names of all statistics of an interface, in the order of their values; nothing if there are
/// not `count` of them any more.
Result<std::optional<std::vector<std::string>>> read_names(EthtoolIoctl& ethtool,
                                                           const std::string& interface,
                                                           std::uint32_t count);

/// Statistics by name. A value is not there if it is known to be wrong.
struct Statistics {
  std::shared_ptr<const std::vector<std::string>> names;  // the same as long as they do not change
  std::vector<std::optional<std::uint64_t>> values;       // parallel; empty if they were not read
};

/// Reads those statistics of a network interface that are wanted.
///
/// Source   ETHTOOL_GSTATS; for the names ETHTOOL_GSSET_INFO and ETHTOOL_GSTRINGS; to know whether
///          the interface is still the one that was meant ETHTOOL_GDRVINFO
/// Errors   closed       no such interface in this network namespace, or another one
///          unsupported  it has no statistics; it is not asked again for `names_age`
///          transient    EAGAIN: its statistics changed each time between names and values
///          malformed    more than max_statistics
/// Cost     one ioctl; four once in `names_age`, and when the number of statistics has changed.
///          See PosixEthtoolIoctl
/// Threads  one at a time
class StatisticsReader {
 public:
  using Wanted = std::function<bool(std::string_view)>;
  /// How long names are trusted that the number of statistics does not contradict.
  static constexpr std::chrono::seconds names_age{300};
  static constexpr int attempts = 3;

  /// The interface `interface`, of the driver `driver` at `bus_info`. `ethtool` and `clock` must
  /// outlive the reader.
  StatisticsReader(EthtoolIoctl& ethtool, const Clock& clock, std::string interface,
                   std::string driver, std::string bus_info, Wanted wanted);

  Result<Statistics> read();

 private:
  // False: the statistics have changed meanwhile, ask again.
  Result<bool> learn();
  Result<bool> fill(Statistics& statistics);
  void select(std::vector<std::string> names);

  EthtoolIoctl& ethtool_;
  const Clock& clock_;
  const std::string interface_;
  const std::string driver_;
  const std::string bus_info_;
  const Wanted wanted_;
  std::uint32_t count_ = 0;  // of all; 0: not known
  SteadyTime learnt_;        // when that and the names were, or that there are none
  bool unsupported_ = false;
  std::shared_ptr<const std::vector<std::string>> names_;  // of those wanted
  std::vector<std::size_t> places_;  // parallel: where their values stand among all
  std::vector<std::byte> answer_;
};

}  // namespace efa
