#include "collectors/health/node_checks.h"

#include <algorithm>
#include <string>
#include <vector>

#include "collectors/health/words.h"
#include "collectors/host/version.h"

namespace efa {
namespace {

using namespace words;

constexpr std::string_view look_at_driver =
    "see first what EFA-408 says of the driver, then ls /sys/class/infiniband";

// What keeps a check from looking at the nodes of all devices.
std::optional<Finding> obstacle(const HealthView& view) {
  if (is_without_efa(view)) {
    return without_efa();
  }
  if (!view.host) {
    return without_host_facts();
  }
  if (device_names(view).empty()) {
    return unknown("there is no device whose node could be looked for",
                   std::string(look_at_driver));
  }
  if (!view.host->uverbs) {
    return unknown("/sys/class/infiniband_verbs could not be read",
                   "run efa-agent doctor on the host, or mount its /sys");
  }
  return std::nullopt;
}

// The nodes of EFA devices.
std::vector<const UverbsNode*> efa_nodes(const HealthView& view) {
  const auto devices = device_names(view);
  std::vector<const UverbsNode*> nodes;
  for (const UverbsNode& node : view.host->uverbs->nodes) {
    if (std::find(devices.begin(), devices.end(), node.device) != devices.end()) {
      nodes.push_back(&node);
    }
  }
  return nodes;
}

Finding uverbs_devices(const HealthView& view) {
  if (auto finding = obstacle(view)) {
    return std::move(*finding);
  }
  const auto devices = device_names(view);
  std::vector<std::string> without;
  for (const std::string& device : devices) {
    if (view.host->uverbs->count(device) == 0) {
      without.push_back(device);
    }
  }
  if (without.empty()) {
    return pass("the kernel has a uverbs device for " + counted(devices.size(), "EFA"));
  }
  return fail("the kernel has no uverbs device for " + listed(without),
              "sudo modprobe ib_uverbs, and the line ib_uverbs in /etc/modules-load.d/efa.conf");
}

std::string path_of(const UverbsNode& node) { return "/dev/infiniband/" + node.name; }

// A device that the agent's own container asked for would be one less for the jobs.
std::string make_nodes(const HealthView& view) {
  std::string fix =
      "on the host: sudo udevadm trigger --subsystem-match=infiniband_verbs, and see that "
      "rdma-core is installed";
  if (!view.is_in_container) {
    fix.append(
        "; in a job's container: --device=/dev/infiniband/uverbs0 and so on, on Kubernetes the "
        "resource vpc.amazonaws.com/efa in the job's pod");
  }
  return fix;
}

Finding own_folder(const HealthView& view) {
  if (view.is_in_container && !view.host->has_dev) {
    return unknown("the host's /dev is not visible to this process",
                   "run efa-agent doctor where the job runs, or in a shell on the host");
  }
  // systemd's PrivateDevices= and containers have a /dev of their own: no fault of the host.
  if (!view.caller_memlock && !view.caller_environment) {
    return unknown("/dev/infiniband is not visible to this process, which may have its own /dev",
                   "run efa-agent doctor in a shell on the host");
  }
  return fail("there is no /dev/infiniband", make_nodes(view));
}

Finding nodes_exist(const HealthView& view) {
  if (auto finding = obstacle(view)) {
    return std::move(*finding);
  }
  const auto nodes = efa_nodes(view);
  if (nodes.empty()) {
    return unknown("the kernel has no uverbs device of an EFA", "see EFA-405");
  }
  if (!view.host->uverbs->has_folder) {
    return own_folder(view);
  }
  std::vector<std::string> missing;
  for (const UverbsNode* node : nodes) {
    if (!node->node || !node->node->is_character_device) {
      missing.push_back(path_of(*node) + " (" + node->device + ")");
    }
  }
  if (missing.empty()) {
    return pass(counted(nodes.size(), "node") + " in /dev/infiniband");
  }
  if (missing.size() == nodes.size()) {
    return fail("missing, or no device: " + listed(missing), make_nodes(view));
  }
  return warn("missing, or no device, which in a container may be as allotted: " + listed(missing),
              make_nodes(view));
}

std::string octal(std::uint32_t permissions) {
  std::string text = "0";
  for (const unsigned shift : {6U, 3U, 0U}) {
    text.push_back(static_cast<char>('0' + ((permissions >> shift) & 07U)));
  }
  return text;
}

Finding node_modes(const HealthView& view) {
  if (auto finding = obstacle(view)) {
    return std::move(*finding);
  }
  std::vector<std::string> of_group;
  std::vector<std::string> of_owner;
  std::size_t seen = 0;
  for (const UverbsNode* node : efa_nodes(view)) {
    if (!node->node || !node->node->is_character_device) {
      continue;
    }
    ++seen;
    if (!node->node->is_open_to_all()) {
      const bool has_group = node->node->is_open_to_group();
      std::string text = path_of(*node) + " " + octal(node->node->permissions);
      text.append(", group ").append(std::to_string(node->node->gid));
      (has_group ? of_group : of_owner).push_back(std::move(text));
    }
  }
  if (seen == 0) {
    return unknown("no node of an EFA is visible in /dev/infiniband", "see EFA-406");
  }
  const std::string fix =
      "write KERNEL==\"uverbs*\", SUBSYSTEM==\"infiniband_verbs\", MODE=\"0666\" to "
      "/etc/udev/rules.d/90-efa.rules, then sudo udevadm control --reload && sudo udevadm trigger "
      "--subsystem-match=infiniband_verbs";
  if (!of_owner.empty()) {
    return fail("only its owner may use " + listed(of_owner), fix);
  }
  if (!of_group.empty()) {
    return warn("only its group may use " + listed(of_group), fix);
  }
  return pass("everyone may use " + counted(seen, "node") + " in /dev/infiniband");
}

Finding module_is_up(const HealthView& view, std::string_view name, std::string fix) {
  if (is_without_efa(view)) {
    return without_efa();
  }
  if (!view.host) {
    return without_host_facts();
  }
  const KernelModule* module = find_module(view.host->modules, name);
  const std::string words = "the module " + std::string(name);
  if (module == nullptr || !module->state) {
    return unknown("/sys/module does not tell of " + words,
                   "run lsmod | grep " + std::string(name) + " on the host");
  }
  switch (*module->state) {
    case ModuleState::absent:
      return fail(words + " is not loaded", std::move(fix));
    case ModuleState::coming:
      return warn(words + " is still being loaded", "see sudo dmesg | grep -i efa; a reboot");
    case ModuleState::going:
      return warn(words + " is being unloaded", std::move(fix));
    case ModuleState::built_in:
      return pass(words + " is built into the kernel");
    case ModuleState::live:
      break;
  }
  return pass(words + (module->version.empty() ? " is loaded, the kernel's own"
                                               : " is loaded, " + module->version));
}

Finding efa_module(const HealthView& view) {
  return module_is_up(view, "efa",
                      "sudo modprobe efa; if that is not found, see dkms status efa and install "
                      "the kernel's headers, or: " +
                          std::string(run_installer));
}

Finding ib_uverbs_module(const HealthView& view) {
  return module_is_up(view, "ib_uverbs",
                      "sudo modprobe ib_uverbs, and the line ib_uverbs in "
                      "/etc/modules-load.d/efa.conf; if it is not found, install the package of "
                      "the kernel's extra modules (Ubuntu: linux-modules-extra-aws)");
}

bool counts_retransmissions(const DeviceReading& device) {
  const auto& counters = device.layout->counters;
  return std::any_of(counters.begin(), counters.end(),
                     [](const CounterSlot& slot) { return slot.file == "retrans_pkts"; });
}

Finding retransmissions(const HealthView& view) {
  if (is_without_efa(view)) {
    return without_efa();
  }
  const auto type = type_of(view);
  if (type && type->nitro_version == "v3") {
    return pass(
        "Nitro v3 does not count retransmissions, whatever the driver: a 0 there means "
        "'not supported'");
  }
  const std::string version = driver_version(view);
  if (view.now == nullptr || view.now->devices.empty()) {
    return unknown("no device's counters were read", std::string(look_at_driver));
  }
  const auto& devices = view.now->devices;
  if (std::all_of(devices.begin(), devices.end(), counts_retransmissions)) {
    return pass(type ? "all devices count retransmissions"
                     : "all devices have the counters; before Nitro v4 they stay 0, which means "
                       "'not supported'");
  }
  const auto parsed = parse_version(version);
  if (parsed && *parsed >= Version{{2, 17}}) {
    return unknown("driver " + version + " has the counters, but they are not shown",
                   "see what EFA-003 says, and ls /sys/class/infiniband/*/ports/1/hw_counters");
  }
  return warn(version.empty() ? "the kernel's own driver does not have retrans_pkts and its like"
                              : "driver " + version + " is older than 2.17",
              "install driver 2.17 or later (EFA installer 1.43.0): " + std::string(run_installer));
}

constexpr Check checks[] = {
    {"EFA-405", "the kernel has a uverbs device for every EFA",
     "Programs use an EFA through its uverbs device, and libfabric does not list one without.",
     Verdict::fail, Published::yes, uverbs_devices},
    {"EFA-406", "every uverbs device has its node in /dev/infiniband",
     "Libfabric opens the node, and without it does as if the device were not there.",
     Verdict::fail, Published::no, nodes_exist},
    {"EFA-407", "everyone may use the nodes in /dev/infiniband",
     "A job of a user who may not open the node finds no EFA and goes over TCP.", Verdict::fail,
     Published::no, node_modes},
    {"EFA-408", "the module efa is loaded",
     "Without its driver an EFA is a function on the PCI bus that nobody can use.", Verdict::fail,
     Published::yes, efa_module},
    {"EFA-409", "the module ib_uverbs is loaded",
     "It makes the device nodes, and where it is not loaded at boot they are missing.",
     Verdict::fail, Published::yes, ib_uverbs_module},
    {"EFA-410", "the driver counts retransmissions",
     "Lost packets and slow paths show in these counters first, which drivers before 2.17 lack.",
     Verdict::warn, Published::yes, retransmissions},
};

}  // namespace

std::span<const Check> node_checks() { return checks; }

}  // namespace efa
