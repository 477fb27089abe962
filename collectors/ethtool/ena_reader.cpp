#include "collectors/ethtool/ena_reader.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "collectors/base/number.h"

namespace efa {
namespace {

bool is_allowance(std::string_view name) {
  return name.find("_allowance_") != std::string_view::npos;
}

bool is_express(std::string_view name) { return name.starts_with("ena_srd_"); }

}  // namespace

EnaReader::Source::Source(EthtoolIoctl& ethtool, const Clock& clock,
                          std::shared_ptr<const EnaInterface> of, StatisticsReader::Wanted wanted)
    : interface(std::move(of)),
      statistics(ethtool, clock, interface->name, "ena", interface->pci_address,
                 std::move(wanted)) {}

EnaReader::EnaReader(Files& files, std::unique_ptr<EthtoolIoctl> ethtool, const Clock& clock,
                     std::string sysfs, StatisticsReader::Wanted wanted)
    : files_(files),
      ethtool_(std::move(ethtool)),
      clock_(clock),
      sysfs_(std::move(sysfs)),
      wanted_(std::move(wanted)),
      scanner_(files, sysfs_) {}

void EnaReader::renew_sources() {
  const auto same = [](const auto& source, const auto& interface) {
    return source->interface == interface;
  };
  if (std::equal(sources_.begin(), sources_.end(), interfaces_.begin(), interfaces_.end(), same)) {
    return;
  }
  std::vector<std::unique_ptr<Source>> sources;
  sources.reserve(interfaces_.size());
  for (const auto& interface : interfaces_) {
    const auto old = std::find_if(sources_.begin(), sources_.end(), [&](const auto& source) {
      return source && same(source, interface);
    });
    sources.push_back(old != sources_.end()
                          ? std::move(*old)
                          : std::make_unique<Source>(*ethtool_, clock_, interface, wanted_));
  }
  sources_ = std::move(sources);
}

EnaReading EnaReader::read() {
  EnaReading reading;
  reading.started = clock_.now();
  if (const auto scanned = scanner_.scan(interfaces_); !scanned) {
    reading.problem = scanned.error();
  }
  renew_sources();
  reading.interfaces.reserve(sources_.size());
  for (const auto& source : sources_) {
    const auto& one = reading.interfaces.emplace_back(read_source(*source));
    if (one.problem && !reading.problem) {
      reading.problem = one.problem;
    }
  }
  return reading;
}

Result<std::uint64_t> EnaReader::read_number(const Source& source, const char* file,
                                             UniqueFd& kept) {
  if (!kept) {
    const std::string path = sysfs_ + "/class/net/" + source.interface->name + "/" + file;
    auto opened = files_.open(AT_FDCWD, path.c_str());
    if (!opened) {
      return opened.error();
    }
    kept = std::move(*opened);
  }
  std::array<char, 32> buffer;  // filled below
  const auto size = files_.read_at_start(kept.get(), buffer);
  if (!size) {
    if (size.error().errno_value != EINVAL) {
      kept.reset();
    }
    return size.error();
  }
  const auto number = parse_u64({buffer.data(), *size});
  return number ? Result<std::uint64_t>(*number) : Error{Reason::malformed, 0, {}};
}

// sysfs, not ETHTOOL_GLINK: that one has no link, too, where nobody has set the interface up, as is
// common for those beside an EFA.
Result<std::optional<bool>> EnaReader::read_carrier(Source& source) {
  const auto number = read_number(source, "carrier", source.carrier);
  if (!number) {
    if (number.error().errno_value == EINVAL) {  // the interface is down
      return std::optional<bool>();
    }
    return number.error();
  }
  if (*number > 1) {
    return Error{Reason::malformed, 0, {}};
  }
  return std::optional(*number == 1);
}

// The driver shows 0 while the interface is down, or resets.
Result<void> EnaReader::read_traffic(Source& source, EnaInterfaceReading& reading) {
  const auto received = read_number(source, "statistics/rx_bytes", source.rx_bytes);
  const auto sent = read_number(source, "statistics/tx_bytes", source.tx_bytes);
  if (!received || !sent) {
    return received ? sent.error() : received.error();
  }
  if (!is_doubtful(*received > 0 && *sent > 0, source.traffic)) {
    reading.rx_bytes = *received;
    reading.tx_bytes = *sent;
  }
  return {};
}

bool EnaReader::is_doubtful(bool is_nonzero, Answer& answer) {
  if (is_nonzero) {
    answer = {true, 0};
    return false;
  }
  if (!answer.was_nonzero || answer.doubted >= doubted_readings) {
    return false;
  }
  ++answer.doubted;
  return true;
}

void EnaReader::doubt(Statistics& statistics, Answer& answer, bool (*belongs)(std::string_view)) {
  const auto for_each = [&](auto function) {
    for (std::size_t i = 0; i < statistics.values.size(); ++i) {
      if (belongs((*statistics.names)[i])) {
        function(statistics.values[i]);
      }
    }
  };
  bool is_nonzero = false;
  for_each([&](const auto& value) { is_nonzero = is_nonzero || value != 0U; });
  if (is_doubtful(is_nonzero, answer)) {
    for_each([](auto& value) { value.reset(); });
  }
}

EnaInterfaceReading EnaReader::read_source(Source& source) {
  EnaInterfaceReading reading;
  reading.interface = source.interface;
  const auto note = [&](const Error& error) {
    if (!reading.problem) {
      reading.problem = Error{error.reason, error.errno_value, source.interface->name};
    }
  };
  if (auto statistics = source.statistics.read()) {
    reading.statistics = std::move(*statistics);
    doubt(reading.statistics, source.allowances, is_allowance);
    doubt(reading.statistics, source.express, is_express);
  } else {
    note(statistics.error());
  }
  if (const auto carrier = read_carrier(source)) {
    reading.carrier = *carrier;
  } else {
    note(carrier.error());
  }
  if (reading.carrier) {
    if (const auto traffic = read_traffic(source, reading); !traffic) {
      note(traffic.error());
    }
  }
  return reading;
}

}  // namespace efa
