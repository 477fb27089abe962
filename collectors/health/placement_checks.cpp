#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/health/check.h"
#include "collectors/health/judging.h"

namespace efa {
namespace {

std::optional<Finding> without_imds(const HealthView& view) {
  if (auto nothing = without_devices(view)) {
    return nothing;
  }
  if (!view.instance.interfaces.empty()) {
    return std::nullopt;
  }
  return unknown("the instance's network interfaces are not known" +
                     (view.instance.problem ? ": " + view.instance.problem->message() : ""),
                 imds_fix(view));
}

Finding judge_known(const HealthView& view) {
  if (auto nothing = without_imds(view)) {
    return *nothing;
  }
  std::vector<const DeviceReading*> without_mac;
  std::vector<const DeviceReading*> without_interface;
  for (const DeviceReading& device : view.now->devices) {
    const std::string& mac = device.layout->attributes.mac;
    if (mac.empty()) {
      without_mac.push_back(&device);
    } else if (view.instance.find(mac) == nullptr) {
      without_interface.push_back(&device);
    }
  }
  if (!without_interface.empty() && may_lack_interfaces(view)) {
    return unknown("IMDS has not told all interfaces, and not that of " + joined(without_interface),
                   imds_fix(view));
  }
  if (!without_interface.empty()) {
    const std::string& mac = without_interface.front()->layout->attributes.mac;
    return warn(
        joined(without_interface) + " with a MAC that is none of the instance's interfaces",
        aws_command(view, "describe-network-interfaces --filters Name=mac-address,Values=" + mac) +
            "; one that was attached a moment ago is known some minutes later");
  }
  const std::size_t all = view.now->devices.size();
  if (!without_mac.empty()) {
    return unknown("the MAC of " + joined(without_mac) + " is not known",
                   "cat /sys/class/infiniband/" + without_mac.front()->layout->attributes.name +
                       "/ports/1/gids/0");
  }
  return pass("the interfaces of " + counted(all, "EFA") + " are known");
}

using Shared = std::map<std::string, std::vector<const DeviceReading*>>;

struct Places {
  Shared by_place;  // of those known
  std::size_t unknown = 0;
};

Places places_of(const HealthView& view, std::string NetworkInterface::*place) {
  Places places;
  const auto interfaces = interfaces_of(view);
  for (std::size_t i = 0; i < interfaces.size(); ++i) {
    if (interfaces[i] == nullptr || (interfaces[i]->*place).empty()) {
      ++places.unknown;
    } else {
      places.by_place[interfaces[i]->*place].push_back(&view.now->devices[i]);
    }
  }
  return places;
}

// "rdmap16s27 in subnet-1, rdmap32s27 and 30 more in subnet-2".
std::string told(const Shared& by_place) {
  std::string text;
  for (const auto& [place, devices] : by_place) {
    text.append(text.empty() ? "" : "; ").append(joined(devices)).append(" in ").append(place);
  }
  return text;
}

Finding judge_vpc(const HealthView& view) {
  if (auto nothing = without_imds(view)) {
    return *nothing;
  }
  const Places places = places_of(view, &NetworkInterface::vpc_id);
  if (places.by_place.size() > 1) {
    return fail(told(places.by_place),
                "launch with all EFA interfaces in subnets of one VPC: EFA traffic is not routed");
  }
  if (places.unknown > 0) {
    return unknown("the VPC of " + std::to_string(places.unknown) + " of " +
                       counted(view.now->devices.size(), "EFA") + " is not known",
                   imds_fix(view));
  }
  const InstanceMetadata& instance = view.instance;
  const std::string zone = instance.availability_zone_id.empty() ? instance.availability_zone
                                                                 : instance.availability_zone_id;
  return pass(counted(view.now->devices.size(), "EFA") + " in " + places.by_place.begin()->first +
              (zone.empty() ? "" : ", zone " + zone) + "; peers have to be in the same");
}

Finding judge_subnet(const HealthView& view) {
  if (auto nothing = without_imds(view)) {
    return *nothing;
  }
  const Places places = places_of(view, &NetworkInterface::subnet_id);
  const auto type = type_of(view);
  const bool is_first_generation = type && type->efa_generation == "v1";
  if (places.by_place.size() > 1 && is_first_generation) {
    return warn(told(places.by_place) + ", on a type of the first generation",
                "launch with all EFA interfaces, and all hosts of a job, in one subnet, as EFA "
                "needed it at first");
  }
  if (places.unknown > 0) {
    return unknown("the subnet of " + std::to_string(places.unknown) + " of " +
                       counted(view.now->devices.size(), "EFA") + " is not known",
                   imds_fix(view));
  }
  if (places.by_place.size() > 1) {
    return pass(told(places.by_place) + ": one zone is enough since EFA's second generation");
  }
  return pass(counted(view.now->devices.size(), "EFA") + " in " + places.by_place.begin()->first);
}

Finding judge_placement(const HealthView& view) {
  const InstanceMetadata& instance = view.instance;
  if (!instance.placement_group.empty()) {
    return pass("in placement group " + instance.placement_group);
  }
  if (instance.life_cycle == "capacity-block") {
    return pass("in a Capacity Block, whose instances EC2 places together");
  }
  if (instance.source != IdentitySource::imds || instance.problem) {
    return unknown("whether the instance is in a placement group is not known", imds_fix(view));
  }
  const std::string id = instance_id_of(view);
  return warn("the instance is in no placement group",
              "launch all hosts of the job into one group of strategy cluster: " +
                  aws_command(view, "create-placement-group --group-name NAME --strategy cluster") +
                  "; a stopped instance moves with " +
                  aws_command(view, "modify-instance-placement --instance-id " + id +
                                        " --group-name NAME"));
}

bool is_of_efa(const HealthView& view, const std::string& mac) {
  return view.now && !mac.empty() &&
         std::any_of(view.now->devices.begin(), view.now->devices.end(),
                     [&](const auto& one) { return one.layout->attributes.mac == mac; });
}

std::optional<Finding> without_ena(const HealthView& view) {
  if (!view.ena) {
    return unknown("the ENA interfaces were not read");
  }
  if (!view.ena->interfaces.empty()) {
    return std::nullopt;
  }
  return unknown(view.ena->problem
                     ? "the ENA interfaces could not be read: " + view.ena->problem->message()
                     : "no ENA interface in this network namespace",
                 "in the host's network namespace: ip -br link");
}

std::string link_fix(const std::string& name) {
  return "ip -d link show " + name + "; sudo dmesg | grep -i ena; sudo ip link set " + name +
         " down && sudo ip link set " + name +
         " up, unless you are logged in through it; if it stays down, stop and start the instance";
}

Finding judge_carrier(const HealthView& view) {
  if (auto nothing = without_ena(view)) {
    return *nothing;
  }
  std::vector<std::string> of_efas;
  std::vector<std::string> others;
  std::size_t up = 0;
  for (const EnaInterfaceReading& one : view.ena->interfaces) {
    if (one.carrier == std::optional(false)) {
      (is_of_efa(view, one.interface->mac) ? of_efas : others).push_back(one.interface->name);
    }
    up += one.carrier == std::optional(true) ? 1U : 0U;
  }
  if (!of_efas.empty()) {
    return fail(joined(of_efas) + " without a link, on the interface of an EFA",
                link_fix(of_efas.front()));
  }
  if (!others.empty()) {
    return warn(joined(others) + " without a link", link_fix(others.front()));
  }
  if (up == 0) {
    return unknown("no ENA interface is up", "ip -br link");
  }
  return pass(counted(up, "ENA interface") + " with a link");
}

struct Allowance {
  std::string_view statistic;
  std::string_view fix;
};
constexpr std::string_view bandwidth_fix =
    "move checkpoints and other TCP traffic to other times or other interfaces, or take a larger "
    "type: the allowance is the instance's";
constexpr Allowance allowances[] = {
    {"conntrack_allowance_exceeded",
     "security group rules without connection tracking, or fewer connections at a time: new ones "
     "fail now"},
    {"linklocal_allowance_exceeded",
     "cache DNS on the host and ask IMDS less often: their answers are lost now"},
    {"bw_in_allowance_exceeded", bandwidth_fix},
    {"bw_out_allowance_exceeded", bandwidth_fix},
    {"pps_allowance_exceeded", bandwidth_fix},
};

std::optional<std::uint64_t> statistic_of(const EnaInterfaceReading& one, std::string_view name) {
  for (std::size_t i = 0; one.statistics.names && i < one.statistics.values.size(); ++i) {
    if ((*one.statistics.names)[i] == name) {
      return one.statistics.values[i];
    }
  }
  return std::nullopt;
}

// Grown since `ena_before`; without one, all of it.
std::optional<std::uint64_t> amount_of(const HealthView& view, const EnaInterfaceReading& one,
                                       std::string_view name) {
  const auto now = statistic_of(one, name);
  if (!now || !view.ena_before) {
    return now;
  }
  for (const EnaInterfaceReading& earlier : view.ena_before->interfaces) {
    if (earlier.interface->pci_address == one.interface->pci_address) {
      const auto before = statistic_of(earlier, name);
      return before && *before <= *now ? std::optional(*now - *before) : before ? now : before;
    }
  }
  return std::nullopt;
}

struct Exceeded {
  std::vector<std::string> texts;    // the worst allowance first
  std::string_view fix;              // of the first
  std::set<std::string> interfaces;  // that told of one allowance at least
};

void add_exceeded(const HealthView& view, const Allowance& allowance, std::uint64_t tolerated,
                  Exceeded& exceeded) {
  for (const EnaInterfaceReading& one : view.ena->interfaces) {
    const auto amount = amount_of(view, one, allowance.statistic);
    if (amount) {
      exceeded.interfaces.insert(one.interface->name);
    }
    if (amount.value_or(0) > tolerated) {
      exceeded.fix = exceeded.texts.empty() ? allowance.fix : exceeded.fix;
      exceeded.texts.push_back(one.interface->name + " " + std::string(allowance.statistic) + " " +
                               grouped(*amount));
    }
  }
}

Finding judge_allowances(const HealthView& view) {
  if (auto nothing = without_ena(view)) {
    return *nothing;
  }
  if (view.before && !view.ena_before) {
    return unknown("the ENA interfaces were not read before", watch_command(10));
  }
  const std::string period = view.ena_before ? "while it was watched" : "since boot";
  const std::uint64_t tolerated = view.ena_before ? 0 : few_at_once;
  Exceeded exceeded;
  for (const Allowance& allowance : allowances) {
    add_exceeded(view, allowance, tolerated, exceeded);
  }
  if (!exceeded.texts.empty()) {
    return warn("packets beyond the allowance " + period + ": " + joined(exceeded.texts),
                std::string(exceeded.fix));
  }
  const auto& interfaces = view.ena->interfaces;
  if (exceeded.interfaces.size() < interfaces.size()) {
    return unknown(std::to_string(interfaces.size() - exceeded.interfaces.size()) + " of " +
                       counted(interfaces.size(), "ENA interface") + " did not tell of allowances",
                   "ethtool -S " + interfaces.front().interface->name +
                       " | grep allowance; an ena driver of 2.2.10 or later has them");
  }
  return pass("no allowance of " + counted(interfaces.size(), "ENA interface") + " was exceeded " +
              (tolerated > 0 ? "more than a hundred times " : "") + period);
}

constexpr Check checks[] = {
    {"EFA-801", "the network interface of every EFA is known",
     "Without its interface nobody can tell which subnet and which security groups an EFA has.",
     Verdict::warn, Published::yes, judge_known},
    {"EFA-802", "all EFAs are in one VPC",
     "EFA traffic is not routed, and reaches only peers in the same VPC and availability zone.",
     Verdict::fail, Published::yes, judge_vpc},
    {"EFA-803", "the EFAs are in one subnet where that matters",
     "At first EFA traffic did not leave its subnet; now it has to stay in its availability zone.",
     Verdict::warn, Published::yes, judge_subnet},
    {"EFA-804", "the instance is in a placement group",
     "Hosts of a job that are not placed together are more hops apart, which costs latency and "
     "bandwidth in every collective operation.",
     Verdict::warn, Published::yes, judge_placement},
    {"EFA-805", "every ENA interface that is up has a link",
     "An EFA always reports a link, so that of the ENA beside it is the only one to trust.",
     Verdict::fail, Published::yes, judge_carrier},
    {"EFA-806", "no ENA interface exceeds its allowances",
     "Jobs start over TCP, store their checkpoints over it and ask DNS and IMDS, and packets "
     "beyond "
     "the allowance are delayed or dropped.",
     Verdict::warn, Published::by_growth, judge_allowances},
};

}  // namespace

std::span<const Check> placement_checks() { return checks; }

}  // namespace efa
