#include "collectors/health/judging.h"

#include <algorithm>
#include <utility>

#include "collectors/imds/advice.h"

namespace efa {

Finding pass(std::string found) { return {Verdict::pass, std::move(found), {}}; }

Finding warn(std::string found, std::string fix) {
  return {Verdict::warn, std::move(found), std::move(fix)};
}

Finding fail(std::string found, std::string fix) {
  return {Verdict::fail, std::move(found), std::move(fix)};
}

Finding unknown(std::string found, std::string fix) {
  return {Verdict::unknown, std::move(found), std::move(fix)};
}

std::optional<Finding> without_devices(const HealthView& view) {
  if (!view.now) {
    return unknown("the EFAs were not read");
  }
  if (!view.now->devices.empty()) {
    return std::nullopt;
  }
  return unknown(view.now->scan_problem ? "the EFAs could not be listed" : "no EFA device");
}

Finding nothing_found(const HealthView& view, std::size_t known, const std::string& what) {
  const std::size_t all = view.now->devices.size();
  if (known == all) {
    return pass(what + " on " + counted(all, "EFA"));
  }
  if (known > 0) {
    return unknown(what + " on " + std::to_string(known) + " of " + counted(all, "EFA") +
                       "; the others could not be read",
                   "see EFA-701 to EFA-705, and try again");
  }
  const auto is_up = [](const DeviceReading& device) { return device.state == DeviceState::up; };
  if (std::none_of(view.now->devices.begin(), view.now->devices.end(), is_up)) {
    return unknown("the counters of the EFAs could not be read", "see EFA-701 to EFA-705");
  }
  if (view.before) {
    return unknown("counters that would tell are not there, or were not there before",
                   "efa-agent doctor --watch=10; if that does not help, update the EFA driver with "
                   "its installer: sudo ./efa_installer.sh -y");
  }
  return unknown("counters that would tell are not there",
                 "update the EFA driver with its installer: sudo ./efa_installer.sh -y; it has "
                 "all of them since 2.17.0");
}

bool is_starting(const HealthView& view) { return view.up_for && *view.up_for < start_up; }

std::optional<InstanceType> type_of(const HealthView& view) {
  return find_instance_type(view.instance.instance_type);
}

bool lacks_network_counters(const HealthView& view) {
  const auto type = type_of(view);
  return type && type->nitro_version == "v3";
}

std::vector<const NetworkInterface*> interfaces_of(const HealthView& view) {
  std::vector<const NetworkInterface*> interfaces;
  for (const DeviceReading& device : view.now->devices) {
    const std::string& mac = device.layout->attributes.mac;
    interfaces.push_back(mac.empty() ? nullptr : view.instance.find(mac));
  }
  return interfaces;
}

const DeviceReading* find_device(const Reading& reading, std::string_view identity) {
  const auto found = std::find_if(
      reading.devices.begin(), reading.devices.end(),
      [&](const auto& device) { return device.layout->attributes.identity() == identity; });
  return found == reading.devices.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> value_of(const DeviceReading& device, std::string_view counter) {
  std::optional<std::uint64_t> sum;
  const auto& slots = device.layout->counters;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (device.present[i] != 0 && slots[i].file == counter) {
      sum = sum.value_or(0) + device.values[i];
    }
  }
  return sum;
}

std::optional<std::uint64_t> growth_of(const HealthView& view, const DeviceReading& device,
                                       std::string_view counter) {
  const auto now = value_of(device, counter);
  if (!now || !view.before) {
    return std::nullopt;
  }
  const DeviceReading* earlier = find_device(*view.before, device.layout->attributes.identity());
  const auto before = earlier != nullptr ? value_of(*earlier, counter) : std::nullopt;
  if (!before) {
    return std::nullopt;
  }
  return *now < *before ? *now : *now - *before;
}

std::optional<std::uint64_t> amount_of(const HealthView& view, const DeviceReading& device,
                                       std::string_view counter) {
  return view.before ? growth_of(view, device, counter) : value_of(device, counter);
}

Tally tally_of(const HealthView& view, std::span<const std::string_view> counters) {
  Tally tally;
  for (const DeviceReading& device : view.now->devices) {
    std::optional<std::uint64_t> sum;
    for (const std::string_view counter : counters) {
      if (const auto amount = amount_of(view, device, counter)) {
        sum = sum.value_or(0) + *amount;
      }
    }
    tally.known += sum ? 1U : 0U;
    if (sum.value_or(0) > 0) {
      tally.entries.push_back({&device, *sum});
    }
  }
  std::stable_sort(tally.entries.begin(), tally.entries.end(),
                   [](const auto& a, const auto& b) { return a.amount > b.amount; });
  return tally;
}

bool is_many(const HealthView& view, std::uint64_t amount) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(view.between).count();
  const bool is_growth = view.before && seconds > 0;
  return amount > few_at_once + (is_growth ? static_cast<std::uint64_t>(seconds) : 0);
}

std::string period_of(const HealthView& view) {
  if (!view.before) {
    return "since boot";
  }
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(view.between).count();
  return milliseconds < 1000 ? "in " + std::to_string(milliseconds) + " ms"
                             : "in " + std::to_string(milliseconds / 1000) + " s";
}

std::string watch_command(unsigned seconds) {
  return "while the job runs: efa-agent doctor --watch=" + std::to_string(seconds);
}

std::string joined(std::span<const std::string> names) {
  constexpr std::size_t most = 2;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) {
    const bool is_last_of_all = i > 0 && i + 1 == names.size();
    text.append(i == 0 ? "" : (is_last_of_all ? " and " : ", ")).append(names[i]);
  }
  if (names.size() > most) {
    text.append(" and ").append(std::to_string(names.size() - most)).append(" more");
  }
  return text;
}

std::string joined(std::span<const DeviceReading* const> devices) {
  std::vector<std::string> names;
  for (const DeviceReading* device : devices) {
    names.push_back(device->layout->attributes.name);
  }
  return joined(names);
}

std::string joined(std::span<const Tally::Entry> entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) {
    names.push_back(entry.device->layout->attributes.name + " " + grouped(entry.amount));
  }
  return joined(names);
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t digits = 3; digits < text.size(); digits += 4) {
    text.insert(text.size() - digits, 1, ',');
  }
  return text;
}

std::string counted(std::size_t number, std::string_view singular) {
  std::string text = std::to_string(number);
  text.append(" ").append(singular);
  if (number != 1) {
    text.append(singular.ends_with("s") ? "es" : "s");  // processes
  }
  return text;
}

std::string aws_command(const HealthView& view, std::string_view arguments) {
  std::string text = "aws ec2 ";
  text.append(arguments);
  if (!view.instance.region.empty()) {
    text.append(" --region ").append(view.instance.region);
  }
  return text;
}

std::string imds_fix(const HealthView& view) {
  const auto& problem = view.instance.problem;
  std::string fix = problem ? std::string(imds_advice(*problem)) : "";
  const std::string change =
      aws_command(view, "modify-instance-metadata-options --instance-id " + instance_id_of(view));
  if (problem && problem->reason == Reason::timeout) {
    fix.append(": ").append(change).append(" --http-put-response-hop-limit 2");
  } else if (problem && problem->reason == Reason::denied) {
    fix.append(": ").append(change).append(" --http-endpoint enabled");
  }
  return fix.append(fix.empty() ? "" : "; ")
      .append(
          "curl -sX PUT http://169.254.169.254/latest/api/token -H "
          "'X-aws-ec2-metadata-token-ttl-seconds: 60' must answer");
}

bool may_lack_interfaces(const HealthView& view) {
  return view.instance.problem || !view.instance.interfaces_complete;
}

std::string instance_id_of(const HealthView& view) {
  return view.instance.instance_id.empty() ? "INSTANCE_ID" : view.instance.instance_id;
}

std::string reload_command(const HealthView& view, std::span<const DeviceReading* const> devices) {
  std::string addresses;
  for (const DeviceReading* device : devices) {
    const std::string& address = device->layout->attributes.pci_address;
    if (address.empty()) {
      addresses.clear();
      break;
    }
    addresses.append(addresses.empty() ? "" : " ").append(address);
  }
  std::string text = "end the jobs that use " + joined(devices) + ", then: ";
  if (addresses.empty()) {
    text.append("sudo modprobe -r efa && sudo modprobe efa");
  } else {
    text.append("for f in ").append(addresses);
    text.append("; do echo $f | sudo tee /sys/bus/pci/drivers/efa/unbind; ");
    text.append("echo $f | sudo tee /sys/bus/pci/drivers/efa/bind; done");
  }
  const std::string id = instance_id_of(view);
  text.append("; if that does not help, stop and start the instance: ");
  text.append(aws_command(view, "stop-instances --instance-ids " + id));
  text.append(", then ").append(aws_command(view, "start-instances --instance-ids " + id));
  return text;
}

}  // namespace efa
