#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collectors/health/check.h"
#include "collectors/health/judging.h"

namespace efa {
namespace {

// The security groups of the EFAs' interfaces, sorted.
std::vector<std::string> groups_of(const HealthView& view) {
  std::set<std::string> groups;
  for (const NetworkInterface* interface : interfaces_of(view)) {
    if (interface != nullptr) {
      groups.insert(interface->security_group_ids.begin(), interface->security_group_ids.end());
    }
  }
  return {groups.begin(), groups.end()};
}

std::string list_of(const std::vector<std::string>& texts, std::string_view separator) {
  std::string list;
  for (const std::string& text : texts) {
    list.append(list.empty() ? "" : separator).append(text);
  }
  return list;
}

std::string rules_command(const HealthView& view, const std::vector<std::string>& groups) {
  return aws_command(
      view, "describe-security-group-rules --filters Name=group-id,Values=" + list_of(groups, ",") +
                " --query 'SecurityGroupRules[].[GroupId,IsEgress,IpProtocol,"
                "ReferencedGroupInfo.GroupId]' --output text");
}

std::string groups_command(const HealthView& view) {
  return aws_command(view, "describe-instances --instance-ids " + instance_id_of(view) +
                               " --query 'Reservations[].Instances[].NetworkInterfaces[]."
                               "[NetworkInterfaceId,InterfaceType,Groups[].GroupId]'");
}

std::string permit_command(const HealthView& view, const std::string& group,
                           const std::string& direction) {
  return aws_command(
      view, "authorize-security-group-" + direction + " --group-id " + group +
                " --ip-permissions 'IpProtocol=-1,UserIdGroupPairs=[{GroupId=" + group + "}]'");
}

std::string self_reference_fix(const HealthView& view, const std::vector<std::string>& groups) {
  if (groups.empty()) {
    return "which groups: " + groups_command(view) +
           "; each must have a rule for all traffic from itself and one to itself";
  }
  const std::string& group = groups.front();
  std::string text = rules_command(view, groups);
  text.append("; for a group that all hosts of the job have, as ").append(group);
  text.append(", the output must have both lines \"").append(group).append(" False -1 ");
  text.append(group).append("\" and \"").append(group).append(" True -1 ").append(group);
  text.append("\", else add what is missing: ").append(permit_command(view, group, "ingress"));
  return text + "; " + permit_command(view, group, "egress");
}

enum class Hearing : std::uint8_t {
  not_known,
  some,      // packets came
  none_yet,  // it has sent packets and never got one
  none_now,  // while it was watched it sent, got nothing, and peers did not respond
};

Hearing hearing_of(const HealthView& view, const DeviceReading& device) {
  const auto sent = growth_of(view, device, "tx_pkts").value_or(0);
  const auto received = growth_of(view, device, "rx_pkts");
  const auto unanswered = growth_of(view, device, "unresponsive_remote_events").value_or(0);
  if (sent > 0 && received && *received == 0 && unanswered > 0) {
    return Hearing::none_now;
  }
  const auto ever_received = value_of(device, "rx_pkts");
  if (!ever_received || *ever_received > 0) {
    return ever_received ? Hearing::some : Hearing::not_known;
  }
  return value_of(device, "tx_pkts").value_or(0) > 0 ? Hearing::none_yet : Hearing::not_known;
}

// The rules themselves are in the EC2 API, which the agent does not ask: it passes nothing here.
Finding judge_self_reference(const HealthView& view) {
  if (auto nothing = without_devices(view)) {
    return *nothing;
  }
  std::map<Hearing, std::vector<const DeviceReading*>> heard;
  for (const DeviceReading& device : view.now->devices) {
    heard[hearing_of(view, device)].push_back(&device);
  }
  const std::vector<std::string> groups = groups_of(view);
  const std::string fix = self_reference_fix(view, groups);
  const std::string of_groups = groups.empty() ? "" : " with " + joined(groups);
  if (const auto& deaf = heard[Hearing::none_now]; !deaf.empty()) {
    return fail(joined(deaf) + of_groups + " sent packets, received none " + period_of(view) +
                    ", and peers were unresponsive",
                fix);
  }
  if (const auto& deaf = heard[Hearing::none_yet]; !deaf.empty()) {
    return warn(joined(deaf) + of_groups + " sent packets and has received none since boot", fix);
  }
  if (groups.empty()) {
    return unknown("the security groups of the EFAs are not known", fix);
  }
  std::string found = "the EFAs have " + joined(groups) + ", whose rules cannot be seen from here";
  if (!heard[Hearing::some].empty()) {
    found.append("; ").append(counted(heard[Hearing::some].size(), "EFA"));
    found.append(" received packets since boot, so not everything is blocked");
  }
  return unknown(std::move(found), fix);
}

using Sharing = std::map<std::vector<std::string>, std::vector<const DeviceReading*>>;

// The smaller part has what it should not, or lacks what it should have.
Finding differing(const HealthView& view, const Sharing& sharing) {
  const auto by_size = [](const auto& a, const auto& b) {
    return a.second.size() < b.second.size();
  };
  const auto most = std::max_element(sharing.begin(), sharing.end(), by_size);
  const auto least =
      std::find_if(sharing.begin(), sharing.end(), [&](const auto& one) { return &one != &*most; });
  const std::string& id =
      view.instance.find(least->second.front()->layout->attributes.mac)->interface_id;
  return warn(joined(least->second) + " with " + list_of(least->first, ",") + ", but " +
                  joined(most->second) + " with " + list_of(most->first, ","),
              aws_command(view, "modify-network-interface-attribute --network-interface-id " +
                                    (id.empty() ? "ENI_ID" : id) + " --groups " +
                                    list_of(most->first, " ")) +
                  " for each interface that differs");
}

Finding judge_same_groups(const HealthView& view) {
  if (auto nothing = without_devices(view)) {
    return *nothing;
  }
  Sharing sharing;
  const auto interfaces = interfaces_of(view);
  std::size_t known = 0;
  for (std::size_t i = 0; i < interfaces.size(); ++i) {
    if (interfaces[i] != nullptr && !interfaces[i]->security_group_ids.empty()) {
      sharing[interfaces[i]->security_group_ids].push_back(&view.now->devices[i]);
      ++known;
    }
  }
  if (sharing.size() > 1) {
    return differing(view, sharing);
  }
  const std::size_t all = interfaces.size();
  if (known < all) {
    return unknown("the security groups of " + std::to_string(all - known) + " of " +
                       counted(all, "EFA") + " are not known",
                   groups_command(view));
  }
  return pass(counted(all, "EFA") + " with " + list_of(sharing.begin()->first, ","));
}

constexpr Check checks[] = {
    {"EFA-101", "the security group of the EFAs allows all traffic from and to itself",
     "EFA traffic passes only if the security group has a rule for all traffic that names itself "
     "as source and another as destination; without them jobs hang at their start.",
     Verdict::fail, Published::by_growth, judge_self_reference},
    {"EFA-102", "all EFAs have the same security groups",
     "An EFA outside of the group that allows itself is cut off, and a job that uses all EFAs "
     "hangs "
     "on that one.",
     Verdict::warn, Published::yes, judge_same_groups},
};

}  // namespace

std::span<const Check> network_checks() { return checks; }

}  // namespace efa
