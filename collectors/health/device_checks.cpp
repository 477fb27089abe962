#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/health/check.h"
#include "collectors/health/judging.h"

namespace efa {
namespace {

constexpr std::string_view wait_fix = "wait, then again: sleep 60; efa-agent doctor";

// ", 2 min after boot": for what may still come.
std::string after_boot(const HealthView& view) {
  const auto seconds = view.up_for->count();
  return ", " +
         (seconds < 120 ? std::to_string(seconds) + " s" : std::to_string(seconds / 60) + " min") +
         " after boot";
}

// What is missing is a fault, unless it may still come.
Finding missing(const HealthView& view, const std::string& found, std::string fix) {
  return is_starting(view) ? warn(found + after_boot(view), std::string(wait_fix))
                           : fail(found, std::move(fix));
}

struct Expectation {
  unsigned devices = 0;
  std::string source;
  bool is_configured = false;
};

std::optional<Expectation> expectation_of(const HealthView& view) {
  if (view.configured_devices) {
    return Expectation{*view.configured_devices, "that devices.expected asks for", true};
  }
  const auto type = type_of(view);
  if (!type || !type->max_efa_interfaces) {
    return std::nullopt;
  }
  return Expectation{*type->max_efa_interfaces, "that " + std::string(type->name) + " can have",
                     false};
}

std::string missing_fix(const HealthView& view, const Expectation& expected) {
  const auto* functions =
      view.host && view.host->efa_functions ? &*view.host->efa_functions : nullptr;
  if (functions != nullptr && functions->size() > view.now->devices.size()) {
    return "sudo modprobe -a ib_uverbs efa; sudo dmesg | grep -i efa tells why, if that does not "
           "help";
  }
  std::string text = aws_command(
      view, "describe-instances --instance-ids " + instance_id_of(view) +
                " --query 'Reservations[].Instances[].NetworkInterfaces[].[NetworkInterfaceId,"
                "InterfaceType]'");
  text.append(" must list ").append(std::to_string(expected.devices));
  text.append(
      " of type efa or efa-only: if not, launch with as many (InterfaceType=efa-only in "
      "the launch template); if so, stop and start the instance, and report it to AWS");
  return text;
}

Finding judge_more(const Expectation& expected, const std::string& found) {
  return warn(found, expected.is_configured ? "set devices.expected to the number there is meant "
                                              "to be, or to auto"
                                            : "efa-agent does not know this type well enough: "
                                              "update it, or set devices.expected");
}

Finding judge_count(const HealthView& view) {
  if (!view.now || view.now->scan_problem) {
    return unknown(view.now ? "the EFAs could not be listed" : "the EFAs were not read",
                   "ls -l /sys/class/infiniband");
  }
  const auto expected = expectation_of(view);
  const std::size_t devices = view.now->devices.size();
  if (!expected) {
    return unknown(counted(devices, "EFA") + ", and how many there should be is not known of " +
                       (view.instance.instance_type.empty() ? "this instance's type"
                                                            : view.instance.instance_type),
                   "set devices.expected");
  }
  const std::string found =
      std::to_string(devices) + " of " + counted(expected->devices, "EFA") + " " + expected->source;
  if (devices == expected->devices) {
    return pass(found);
  }
  if (devices > expected->devices) {
    return judge_more(*expected, found);
  }
  // Of the type it is known how many there can be; how many are attached is up to the launch.
  if (devices > 0 && !expected->is_configured && !is_starting(view)) {
    return warn(found, "if it is meant to be so, set devices.expected to " +
                           std::to_string(devices) + "; else " + missing_fix(view, *expected));
  }
  return missing(view, found, missing_fix(view, *expected));
}

// Why nothing can be said about EFAs on the PCI bus; nothing: there are some.
std::optional<Finding> without_functions(const HealthView& view) {
  if (!view.host || !view.host->efa_functions) {
    return unknown("the PCI bus was not read", "lspci -Dnnk -d 1d0f:");
  }
  return view.host->efa_functions->empty() ? std::optional(unknown("no EFA on the PCI bus"))
                                           : std::nullopt;
}

std::vector<std::string> addresses_of(const std::vector<PciFunction>& functions,
                                      bool (*is_meant)(const PciFunction&)) {
  std::vector<std::string> addresses;
  for (const PciFunction& function : functions) {
    if (is_meant(function)) {
      addresses.push_back(function.address + " (" + function.id +
                          (function.driver.empty() ? "" : ", " + function.driver) + ")");
    }
  }
  return addresses;
}

Finding judge_drivers(const HealthView& view) {
  if (auto nothing = without_functions(view)) {
    return *nothing;
  }
  const auto& functions = *view.host->efa_functions;
  const auto lonely =
      addresses_of(functions, [](const auto& function) { return function.driver.empty(); });
  if (!lonely.empty()) {
    return missing(view,
                   std::to_string(lonely.size()) + " of " + counted(functions.size(), "EFA") +
                       " on the PCI bus without a driver: " + joined(lonely),
                   "sudo modprobe -a ib_uverbs efa; if there is no such module, install the EFA "
                   "driver: sudo ./efa_installer.sh -y");
  }
  const auto taken = addresses_of(functions, [](const auto& function) {
    return !function.driver.empty() && function.driver != "efa";
  });
  if (!taken.empty()) {
    return warn(std::to_string(taken.size()) + " of " + counted(functions.size(), "EFA") +
                    " with another driver: " + joined(taken),
                "if no virtual machine is meant to have them: sudo driverctl unset-override "
                "ADDRESS, then sudo modprobe efa");
  }
  return pass("the driver efa has " + counted(functions.size(), "EFA") + " on the PCI bus");
}

Finding judge_registration(const HealthView& view) {
  if (!view.now || view.now->scan_problem) {
    return unknown("the EFAs could not be listed", "ls -l /sys/class/infiniband");
  }
  if (auto nothing = without_functions(view)) {
    return *nothing;
  }
  std::vector<std::string> without_device;
  std::size_t driven = 0;
  for (const PciFunction& function : *view.host->efa_functions) {
    if (function.driver == "efa") {
      ++driven;
      if (find_device(*view.now, function.address) == nullptr) {
        without_device.push_back(function.address);
      }
    }
  }
  if (driven == 0) {
    return unknown("no EFA on the PCI bus has the driver efa", "see EFA-302");
  }
  if (without_device.empty()) {
    return pass(counted(driven, "EFA") + " with a driver and an RDMA device");
  }
  return missing(view,
                 std::to_string(without_device.size()) + " of " + counted(driven, "EFA") +
                     " with a driver have no RDMA device: " + joined(without_device),
                 "echo " + without_device.front() +
                     " | sudo tee /sys/bus/pci/drivers/efa/unbind; echo " + without_device.front() +
                     " | sudo tee /sys/bus/pci/drivers/efa/bind; sudo dmesg | grep -i efa tells "
                     "why it failed");
}

bool is_ena(const EnaReading& ena, std::string_view mac) {
  return std::any_of(ena.interfaces.begin(), ena.interfaces.end(),
                     [&](const auto& one) { return one.interface->mac == mac; });
}

bool is_efa(const Reading& reading, std::string_view mac) {
  return std::any_of(reading.devices.begin(), reading.devices.end(),
                     [&](const auto& one) { return one.layout->attributes.mac == mac; });
}

// An interface without addresses that is no ENA can only be an EFA: EC2 does not tell its type.
Finding judge_interfaces(const HealthView& view) {
  if (!view.now || view.now->scan_problem) {
    return unknown("the EFAs could not be listed", "ls -l /sys/class/infiniband");
  }
  if (view.instance.interfaces.empty() || !view.ena || view.ena->problem) {
    return unknown(view.instance.interfaces.empty()
                       ? "the instance's network interfaces are not known from IMDS"
                       : "which network interfaces are ENAs is not known");
  }
  std::vector<std::string> lost;
  std::size_t known = 0;
  for (const NetworkInterface& interface : view.instance.interfaces) {
    if (is_efa(*view.now, interface.mac)) {
      ++known;
    } else if (!interface.has_addresses && !is_ena(*view.ena, interface.mac)) {
      lost.push_back(interface.interface_id + " (" + interface.mac + ")");
    }
  }
  if (!lost.empty()) {
    const std::string id = instance_id_of(view);
    return missing(
        view, counted(lost.size(), "EFA-only interface") + " without a device: " + joined(lost),
        "sudo dmesg | grep -i efa; if the kernel says nothing of it, stop and start the "
        "instance: " +
            aws_command(view, "stop-instances --instance-ids " + id) + ", then " +
            aws_command(view, "start-instances --instance-ids " + id));
  }
  if (may_lack_interfaces(view)) {
    return unknown("IMDS has not told all interfaces; " + std::to_string(known) +
                       " have an EFA device, and none of those known lacks it",
                   imds_fix(view));
  }
  if (known == 0) {
    return unknown("no interface of the instance is known to be an EFA");
  }
  return pass(counted(known, "interface") + " with an EFA device, and none that lacks it");
}

Finding judge_others(const HealthView& view) {
  if (!view.other_devices) {
    return unknown("which other RDMA devices there are was not looked at",
                   "ls -l /sys/class/infiniband");
  }
  if (view.other_devices->empty()) {
    return pass("no RDMA device besides the EFAs");
  }
  return pass(joined(*view.other_devices) + (view.other_devices->size() == 1 ? " is" : " are") +
              " no EFA, and not counted as such");
}

constexpr Check checks[] = {
    {"EFA-301", "as many EFAs as there should be",
     "Each EFA that is missing is bandwidth that is missing, and collective operations wait for "
     "the slowest host.",
     Verdict::fail, Published::yes, judge_count},
    {"EFA-302", "every EFA on the PCI bus has the driver efa",
     "Without its driver an EFA does not exist for programs, and they use TCP.", Verdict::fail,
     Published::yes, judge_drivers},
    {"EFA-303", "every EFA with a driver has an RDMA device",
     "A driver that failed to set the device up leaves nothing that a program could open.",
     Verdict::fail, Published::yes, judge_registration},
    {"EFA-304", "every EFA-only interface of the instance has its device",
     "EC2 attached an EFA that the host does not see, so that it is paid for and not used.",
     Verdict::fail, Published::yes, judge_interfaces},
    {"EFA-305", "RDMA devices that are no EFA are told apart",
     "Some types have others, as p6-b200 for NVLink, and tools that take them for EFAs count "
     "wrong.",
     Verdict::warn, Published::no, judge_others},
};

}  // namespace

std::span<const Check> device_checks() { return checks; }

}  // namespace efa
