#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "collectors/ethtool/ena_interfaces.h"
#include "collectors/ethtool/ethtool.h"

namespace efa {

/// How one ENA interface fared in one reading.
struct EnaInterfaceReading {
  std::shared_ptr<const EnaInterface> interface;
  Statistics statistics;
  std::optional<bool> carrier;  // not known of an interface that is down
  // All TCP/IP traffic, which the EFA's is not part of; not known of an interface that is down.
  std::optional<std::uint64_t> rx_bytes;
  std::optional<std::uint64_t> tx_bytes;
  std::optional<Error> problem;
};

/// The ENA interfaces of a host at one time.
struct EnaReading {
  std::vector<EnaInterfaceReading> interfaces;  // ordered by PCI address
  std::optional<Error> problem;                 // the first, with what it is about
  SteadyTime started;
};

/// Reads statistics, link and traffic of all ENA interfaces.
///
/// Source   ETHTOOL_GSTATS, /sys/class/net/<interface>/{carrier,statistics/{rx,tx}_bytes}
/// Errors   in the EnaReading; those of an interface concern no other
/// Cost     four system calls for each interface, besides those of EnaScanner. For its allowances
/// and
///          for ENA Express the driver asks the device, one command each, and holds RTNL meanwhile:
///          see PosixEthtoolIoctl
/// Threads  one at a time
class EnaReader {
 public:
  /// The driver shows 0, too, for what the device did not answer; published, that would be a
  /// counter reset, and the whole count an increase when the device answers again. So where all of
  /// an answer is 0 that was not before, it is absent for so many readings; then it is believed.
  static constexpr int doubted_readings = 3;

  /// `files` and `clock` must outlive the reader. `wanted`: which statistics, by name.
  EnaReader(Files& files, std::unique_ptr<EthtoolIoctl> ethtool, const Clock& clock,
            std::string sysfs, StatisticsReader::Wanted wanted);

  EnaReading read();

 private:
  // Statistics that come with one answer of the device.
  struct Answer {
    bool was_nonzero = false;
    int doubted = 0;
  };
  struct Source {
    Source(EthtoolIoctl& ethtool, const Clock& clock, std::shared_ptr<const EnaInterface> of,
           StatisticsReader::Wanted wanted);

    std::shared_ptr<const EnaInterface> interface;
    StatisticsReader statistics;
    // Kept: re-created under the same name it is another source.
    UniqueFd carrier;
    UniqueFd rx_bytes;
    UniqueFd tx_bytes;
    Answer allowances;
    Answer express;
    Answer traffic;
  };

  // Takes away what `belongs` to an answer that may never have come.
  static void doubt(Statistics& statistics, Answer& answer, bool (*belongs)(std::string_view));
  [[nodiscard]] static bool is_doubtful(bool is_nonzero, Answer& answer);

  void renew_sources();
  [[nodiscard]] EnaInterfaceReading read_source(Source& source);
  [[nodiscard]] Result<std::uint64_t> read_number(const Source& source, const char* file,
                                                  UniqueFd& kept);
  [[nodiscard]] Result<std::optional<bool>> read_carrier(Source& source);
  [[nodiscard]] Result<void> read_traffic(Source& source, EnaInterfaceReading& reading);

  Files& files_;
  const std::unique_ptr<EthtoolIoctl> ethtool_;
  const Clock& clock_;
  const std::string sysfs_;
  const StatisticsReader::Wanted wanted_;
  EnaScanner scanner_;
  EnaInterfaces interfaces_;
  std::vector<std::unique_ptr<Source>> sources_;  // parallel
};

}  // namespace efa
