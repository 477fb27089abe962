#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/health/check.h"
#include "config/instance_types.h"

namespace efa {

// What checks have in common: counters of devices, and words for what was found.

/// Devices, interfaces and drivers may come late, as on p5en: until then what is missing is waited
/// for.
inline constexpr std::chrono::seconds start_up{300};

/// How many errors are few, of one device: what the node monitoring agent of EKS lets pass, 100 at
/// once and one more a second.
inline constexpr std::uint64_t few_at_once = 100;

Finding pass(std::string found);
Finding warn(std::string found, std::string fix);
Finding fail(std::string found, std::string fix);
/// `fix`: what would help to know.
Finding unknown(std::string found, std::string fix = {});

/// Why nothing can be said about devices: they were not read, or there are none. Nothing: there
/// are.
std::optional<Finding> without_devices(const HealthView& view);

/// A pass if that is known of all devices; if only of `known` of them, or of none, that is said.
Finding nothing_found(const HealthView& view, std::size_t known, const std::string& what);

/// Whether the host was booted so recently that what is missing may still come.
bool is_starting(const HealthView& view);

/// The row of the instance's type; nothing if the type or the row is not known.
std::optional<InstanceType> type_of(const HealthView& view);

/// Whether the type's EFAs are too old to count retransmissions and remote events: theirs are
/// always 0.
bool lacks_network_counters(const HealthView& view);

/// Parallel to view.now->devices; null where the interface is not known.
std::vector<const NetworkInterface*> interfaces_of(const HealthView& view);

/// The device of that identity, whatever it is called; null if it is not there.
const DeviceReading* find_device(const Reading& reading, std::string_view identity);

/// A counter of a device by the kernel's word, all its ports together. Nothing: the driver does not
/// have it, or it was not read.
std::optional<std::uint64_t> value_of(const DeviceReading& device, std::string_view counter);

/// By how much it has grown since view.before; one that is less than before began anew at 0.
/// Nothing if there is no reading before, or not of that device and counter.
std::optional<std::uint64_t> growth_of(const HealthView& view, const DeviceReading& device,
                                       std::string_view counter);

/// growth_of() where there is a reading before, else value_of().
std::optional<std::uint64_t> amount_of(const HealthView& view, const DeviceReading& device,
                                       std::string_view counter);

/// What some counters of all devices have come to, together.
struct Tally {
  struct Entry {
    const DeviceReading* device = nullptr;
    std::uint64_t amount = 0;
  };

  std::vector<Entry> entries;  // of those above 0, the largest first
  std::size_t known = 0;       // devices that have at least one of the counters

  [[nodiscard]] std::uint64_t largest() const {
    return entries.empty() ? 0 : entries.front().amount;
  }
};
Tally tally_of(const HealthView& view, std::span<const std::string_view> counters);

/// Whether so much of one device is more than few: see few_at_once.
bool is_many(const HealthView& view, std::uint64_t amount);

/// "in 10 s"; "since boot" without a reading before.
std::string period_of(const HealthView& view);
/// What to do to have a reading before: for the fix of what is unknown without.
std::string watch_command(unsigned seconds);

/// "efa_0", "efa_0 and efa_1", "efa_0, efa_1 and 3 more".
std::string joined(std::span<const std::string> names);
std::string joined(std::span<const DeviceReading* const> devices);
/// "rdmap16s27 1,234, rdmap32s27 7 and 3 more".
std::string joined(std::span<const Tally::Entry> entries);
/// "1,234,567".
std::string grouped(std::uint64_t number);
/// "1 EFA", "32 EFAs", "2 processes".
std::string counted(std::size_t number, std::string_view singular);

/// "aws ec2 <arguments> --region us-east-1", without the last where it is not known.
std::string aws_command(const HealthView& view, std::string_view arguments);
/// The instance's id, or what to put in its place.
std::string instance_id_of(const HealthView& view);
/// What makes IMDS tell what it did not, by the reason for which it did not.
std::string imds_fix(const HealthView& view);
/// Whether the instance may have interfaces that are not in the view.
bool may_lack_interfaces(const HealthView& view);
/// Takes the driver from the devices and gives it back, which resets them; all who use them have to
/// end before.
std::string reload_command(const HealthView& view, std::span<const DeviceReading* const> devices);

}  // namespace efa
