#include <string>
#include <vector>

#include "collectors/health/check.h"
#include "collectors/health/operating_systems.h"
#include "collectors/health/words.h"

namespace efa {
namespace {

using namespace words;

std::string name_of(const OperatingSystem& os) {
  if (!os.pretty_name.empty()) {
    return os.pretty_name;
  }
  std::string name = os.id;
  return name.append(os.version.empty() ? "" : " ").append(os.version);
}

Finding operating_system(const HealthView& view) {
  if (!view.host) {
    return without_host_facts();
  }
  const OperatingSystem& os = view.host->os;
  if (os.id.empty()) {
    return unknown("neither /etc/os-release nor /etc/system-release tells the operating system",
                   "run efa-agent doctor on the host itself");
  }
  const SupportedSystem* row = find_supported_system(os);
  std::string found = name_of(os);
  if (row != nullptr && row->is_now) {
    return pass(
        found.append(row->in_2019 ? ": on the lists of 2019 and of now" : ": on the list of now"));
  }
  const std::string fix =
      "move to a system on the list: Amazon Linux 2023, RHEL 8 to 10, Rocky 8 or 9, Ubuntu 22.04, "
      "24.04 or 26.04, Debian 12 or 13, SLES 15 SP2 or later";
  return row != nullptr ? warn(found.append(": on AWS's list of 2019, no longer on that of now"),
                               fix + "; until then keep an EFA installer of the system's own time")
                        : warn(found.append(": on none of AWS's lists, of 2019 or of now"), fix);
}

std::string description(const InstanceType& type) {
  std::string text(type.name);
  if (type.max_efa_interfaces) {
    text.append(": up to ").append(counted(*type.max_efa_interfaces, "EFA"));
  } else {
    text.append(": EFA");
  }
  if (!type.efa_generation.empty()) {
    text.append(" ").append(type.efa_generation);
  }
  if (!type.nitro_version.empty()) {
    text.append(" on Nitro ").append(type.nitro_version);
  }
  return text.append(type.launched_2019 ? ", on the first list of 2019 and that of now"
                                        : ", on the list of now, not on the first of 2019");
}

Finding instance_type(const HealthView& view) {
  const std::string& name = view.instance.instance_type;
  if (name.empty()) {
    return unknown("the instance type is not known",
                   "let the agent reach IMDS (see EFA-008), or set instance.instance_type in "
                   "/etc/efa-agent/efa-agent.yaml");
  }
  if (const auto type = find_instance_type(name)) {
    return pass(description(*type));
  }
  const auto near = near_instance_types(name);
  std::string found = name + " is newer than this agent, or without EFA";
  if (!near.empty()) {
    found.append("; with EFA are ")
        .append(listed(std::vector<std::string>(near.begin(), near.end())));
  }
  return warn(std::move(found),
              "aws ec2 describe-instance-types --instance-types " + name +
                  " --query 'InstanceTypes[].NetworkInfo.EfaSupported'; if that is true, update "
                  "efa-agent, else change the instance type");
}

constexpr Check checks[] = {
    {"EFA-901", "the operating system is supported",
     "Installer and driver are built and tested for the systems on AWS's list only.", Verdict::warn,
     Published::yes, operating_system},
    {"EFA-902", "the instance type has EFA",
     "Only some types have EFA, and of those mostly the largest sizes.", Verdict::warn,
     Published::yes, instance_type},
};

}  // namespace

std::span<const Check> support_checks() { return checks; }

}  // namespace efa
