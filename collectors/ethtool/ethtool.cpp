#include "collectors/ethtool/ethtool.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "collectors/base/number.h"

namespace efa {
namespace {

constexpr std::size_t names_offset = offsetof(ethtool_gstrings, data);
constexpr std::size_t values_offset = offsetof(ethtool_stats, data);
constexpr std::size_t largest_command =
    names_offset + std::size_t{max_statistics} * ETH_GSTRING_LEN;

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

std::size_t guarded_size() {
  return (largest_command + page_size() - 1) / page_size() * page_size();
}

template <typename T>
std::span<std::byte> bytes_of(T& value) {
  return std::as_writable_bytes(std::span(&value, 1));
}

std::string text_of(std::span<const std::byte> bytes) {
  std::string text(bytes.size(), '\0');
  std::memcpy(text.data(), bytes.data(), bytes.size());
  text.resize(std::min(text.find('\0'), text.size()));
  return std::string(trimmed(text));
}

template <std::size_t N>
std::string text_of(const char (&field)[N]) {
  return text_of(std::as_bytes(std::span(field)));
}

// A longer answer than there is room for: kernels from 6.19 on give none at all instead.
bool has_grown(const Error& error) { return error.errno_value == EFAULT; }

}  // namespace

void PosixEthtoolIoctl::Unmap::operator()(std::byte* memory) const {
  ::munmap(memory, guarded_size() + page_size());
}

Result<void> PosixEthtoolIoctl::open() {
  if (!memory_) {
    void* memory = ::mmap(nullptr, guarded_size() + page_size(), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
      return Error::from_errno(errno);
    }
    std::unique_ptr<std::byte, Unmap> owned(static_cast<std::byte*>(memory));
    if (::mprotect(owned.get() + guarded_size(), page_size(), PROT_NONE) < 0) {
      return Error::from_errno(errno);
    }
    memory_ = std::move(owned);
  }
  if (!socket_) {
    socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket_) {
      return Error::from_errno(errno);
    }
  }
  return {};
}

Result<void> PosixEthtoolIoctl::ask(const std::string& interface, std::span<std::byte> command) {
  ifreq request{};
  if (interface.size() >= sizeof request.ifr_name) {
    return Error::from_errno(ENODEV);
  }
  if (command.size() > largest_command) {
    return Error::from_errno(E2BIG);
  }
  if (auto opened = open(); !opened) {
    return opened;
  }
  std::copy(interface.begin(), interface.end(), std::begin(request.ifr_name));
  std::byte* const memory = memory_.get() + guarded_size() - command.size();
  std::copy(command.begin(), command.end(), memory);
  request.ifr_data = static_cast<char*>(static_cast<void*>(memory));
  if (::ioctl(socket_.get(), SIOCETHTOOL, &request) < 0) {
    return Error::from_errno(errno);
  }
  std::copy(memory, memory + command.size(), command.begin());
  return {};
}

Result<EthtoolDriver> read_driver(EthtoolIoctl& ethtool, const std::string& interface) {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  if (const auto asked = ethtool.ask(interface, bytes_of(info)); !asked) {
    return asked.error();
  }
  return EthtoolDriver{text_of(info.driver), text_of(info.version), text_of(info.bus_info)};
}

Result<std::uint32_t> count_statistics(EthtoolIoctl& ethtool, const std::string& interface) {
  ethtool_sset_info head{};
  head.cmd = ETHTOOL_GSSET_INFO;
  head.sset_mask = std::uint64_t{1} << unsigned{ETH_SS_STATS};
  std::array<std::byte, offsetof(ethtool_sset_info, data) + sizeof(std::uint32_t)> command{};
  std::memcpy(command.data(), &head, offsetof(ethtool_sset_info, data));
  if (const auto asked = ethtool.ask(interface, command); !asked) {
    return asked.error();
  }
  std::memcpy(&head, command.data(), offsetof(ethtool_sset_info, data));
  std::uint32_t count = 0;
  std::memcpy(&count, command.data() + offsetof(ethtool_sset_info, data), sizeof count);
  if (head.sset_mask == 0 || count == 0) {
    return Error::from_errno(EOPNOTSUPP);
  }
  if (count > max_statistics) {
    return Error{Reason::malformed, EOVERFLOW, {}};
  }
  return count;
}

Result<std::vector<std::string>> decode_names(std::span<const std::byte> bytes,
                                              std::uint32_t count) {
  if (bytes.size() / ETH_GSTRING_LEN < count) {
    return Error{Reason::malformed, 0, {}};
  }
  std::vector<std::string> names;
  names.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back(text_of(bytes.subspan(i * ETH_GSTRING_LEN, ETH_GSTRING_LEN)));
  }
  return names;
}

Result<std::optional<std::vector<std::string>>> read_names(EthtoolIoctl& ethtool,
                                                           const std::string& interface,
                                                           std::uint32_t count) {
  using Names = std::optional<std::vector<std::string>>;
  ethtool_gstrings head{};
  head.cmd = ETHTOOL_GSTRINGS;
  head.string_set = ETH_SS_STATS;
  head.len = count;
  std::vector<std::byte> command(names_offset + std::size_t{count} * ETH_GSTRING_LEN);
  std::memcpy(command.data(), &head, names_offset);
  if (const auto asked = ethtool.ask(interface, command); !asked) {
    return has_grown(asked.error()) ? Result<Names>(Names()) : Result<Names>(asked.error());
  }
  std::memcpy(&head, command.data(), names_offset);
  if (head.len != count) {
    return Names();
  }
  auto names = decode_names(std::span(command).subspan(names_offset), count);
  return names ? Result<Names>(std::move(*names)) : Result<Names>(names.error());
}

StatisticsReader::StatisticsReader(EthtoolIoctl& ethtool, const Clock& clock, std::string interface,
                                   std::string driver, std::string bus_info, Wanted wanted)
    : ethtool_(ethtool),
      clock_(clock),
      interface_(std::move(interface)),
      driver_(std::move(driver)),
      bus_info_(std::move(bus_info)),
      wanted_(std::move(wanted)) {}

Result<Statistics> StatisticsReader::read() {
  if (clock_.now() - learnt_ >= names_age) {
    count_ = 0;
    unsupported_ = false;
  }
  if (unsupported_) {
    return Error::from_errno(EOPNOTSUPP);
  }
  Statistics statistics;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    auto done = count_ == 0 ? learn() : Result<bool>(true);
    if (done && *done) {
      done = fill(statistics);
    }
    if (!done) {
      count_ = 0;
      return done.error();
    }
    if (*done) {
      return statistics;
    }
    count_ = 0;
  }
  return Error::from_errno(EAGAIN);
}

Result<bool> StatisticsReader::learn() {
  const auto driver = read_driver(ethtool_, interface_);
  if (!driver) {
    return driver.error();
  }
  if (driver->name != driver_ || driver->bus_info != bus_info_) {
    return Error::from_errno(ENODEV);
  }
  const auto count = count_statistics(ethtool_, interface_);
  if (!count) {
    unsupported_ = count.error().reason == Reason::unsupported;
    learnt_ = clock_.now();
    return count.error();
  }
  auto names = read_names(ethtool_, interface_, *count);
  if (!names) {
    return names.error();
  }
  if (!*names) {
    return false;
  }
  select(std::move(**names));
  count_ = *count;
  learnt_ = clock_.now();
  answer_.resize(values_offset + std::size_t{count_} * sizeof(std::uint64_t));
  return true;
}

void StatisticsReader::select(std::vector<std::string> names) {
  auto selected = std::make_shared<std::vector<std::string>>();
  places_.clear();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (wanted_(names[i])) {
      selected->push_back(std::move(names[i]));
      places_.push_back(i);
    }
  }
  if (!names_ || *names_ != *selected) {
    names_ = std::move(selected);
  }
}

Result<bool> StatisticsReader::fill(Statistics& statistics) {
  ethtool_stats head{};
  head.cmd = ETHTOOL_GSTATS;
  head.n_stats = count_;
  std::memcpy(answer_.data(), &head, values_offset);
  if (const auto asked = ethtool_.ask(interface_, answer_); !asked) {
    return has_grown(asked.error()) ? Result<bool>(false) : Result<bool>(asked.error());
  }
  std::memcpy(&head, answer_.data(), values_offset);
  if (head.n_stats != count_) {
    return false;
  }
  statistics.names = names_;
  statistics.values.clear();
  statistics.values.reserve(places_.size());
  for (const std::size_t place : places_) {
    std::uint64_t value = 0;
    std::memcpy(&value, answer_.data() + values_offset + place * sizeof value, sizeof value);
    statistics.values.emplace_back(value);
  }
  return true;
}

}  // namespace efa
