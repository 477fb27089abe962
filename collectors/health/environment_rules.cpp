#include "collectors/health/environment_rules.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <utility>
#include <vector>

#include "collectors/base/number.h"
#include "collectors/health/words.h"

namespace efa {
namespace {

using namespace words;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char character) {
    return static_cast<char>(std::tolower(character));
  });
  return result;
}

// As libfabric reads a variable that is yes or no; nothing for any other text.
std::optional<bool> boolean(std::string_view value) {
  const std::string word = lower(value);
  if (word == "1" || word == "true" || word == "yes" || word == "on") {
    return true;
  }
  if (word == "0" || word == "false" || word == "no" || word == "off") {
    return false;
  }
  return std::nullopt;
}

std::vector<std::string> split(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) {
      parts.push_back(lower(text.substr(0, end)));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool holds(const std::vector<std::string>& parts, std::string_view word) {
  return std::find(parts.begin(), parts.end(), word) != parts.end();
}

std::string assignment(std::string_view variable, std::string_view value) {
  std::string text(variable);
  return text.append("=").append(value);
}

// "^tcp,sockets" leaves those out, "efa" and "shm,efa" leave out all others.
std::optional<Finding> judge_provider(std::string_view value, const HealthView& /*view*/) {
  const bool leaves_out = value.starts_with('^');
  if (holds(split(value.substr(leaves_out ? 1 : 0), ",;"), "efa") != leaves_out) {
    return std::nullopt;
  }
  return fail(assignment(environment::provider, value) + " leaves out the provider efa",
              "export FI_PROVIDER=efa");
}

std::optional<Finding> judge_device_rdma(std::string_view value, const HealthView& view) {
  const auto is_on = boolean(value);
  std::string found = assignment(environment::device_rdma, value);
  const std::string fix = "unset FI_EFA_USE_DEVICE_RDMA: libfabric 1.18 and later know the device";
  if (!is_on) {
    return fail(found.append(" is neither 0 nor 1, and libfabric ends the process for it"), fix);
  }
  const auto type = type_of(view);
  if (!type || *is_on == type->rdma_read) {
    return std::nullopt;
  }
  found.append(", and ").append(type->name);
  if (*is_on) {
    return fail(found.append(" has no RDMA: libfabric ends the process for it"), fix);
  }
  return warn(found.append(" has RDMA, which is not used so"), fix);
}

std::optional<Finding> judge_forks(std::string_view variable, std::string_view value,
                                   const HealthView& view) {
  if (!view.host) {
    return std::nullopt;
  }
  const auto& pools = view.host->hugepages.pools;
  const auto pool = std::find_if(pools.begin(), pools.end(),
                                 [](const HugepagePool& one) { return one.total.value_or(0) > 0; });
  if (pool == pools.end()) {
    return std::nullopt;
  }
  return warn(assignment(variable, value) + " can keep libfabric off the " +
                  std::to_string(*pool->total) + " huge pages of " + memory(pool->page_bytes),
              "unset " + std::string(variable) +
                  ": kernels from 5.15 on do not need it; if fork fails for lack of memory, export "
                  "FI_EFA_USE_HUGE_PAGE=0 instead");
}

std::optional<Finding> judge_fork_safe(std::string_view value, const HealthView& view) {
  return boolean(value).value_or(false) ? judge_forks(environment::fork_safe, value, view)
                                        : std::nullopt;
}

// Libibverbs asks only whether it is set: 0 is on, too.
std::optional<Finding> judge_verbs_fork_safe(std::string_view value, const HealthView& view) {
  return judge_forks(environment::verbs_fork_safe, value, view);
}

std::optional<Finding> judge_fabrics(std::string_view value, const HealthView& /*view*/) {
  const auto parts = split(value, ":");
  if (holds(parts, "ofi")) {
    return std::nullopt;
  }
  return warn(assignment(environment::intel_fabrics, value) +
                  (holds(parts, "shm") && parts.size() == 1 ? " reaches no other host"
                                                            : " does not go through libfabric"),
              "export I_MPI_FABRICS=shm:ofi, or unset it");
}

std::optional<Finding> judge_intel_provider(std::string_view value, const HealthView& /*view*/) {
  if (lower(value) == "efa") {
    return std::nullopt;
  }
  return warn(assignment(environment::intel_provider, value) + " is not efa",
              "export I_MPI_OFI_PROVIDER=efa");
}

std::optional<Finding> judge_shm_transfer(std::string_view value, const HealthView& /*view*/) {
  if (boolean(value).value_or(true)) {
    return std::nullopt;
  }
  return warn(assignment(environment::shm_transfer, value) +
                  " sends messages between processes of this host through the device",
              "unset FI_EFA_ENABLE_SHM_TRANSFER");
}

std::optional<Finding> judge_interfaces(std::string_view value, const HealthView& view) {
  const auto devices = device_names(view);
  const auto named = split(value, ",");
  if (devices.empty() || holds(named, "all")) {
    return std::nullopt;
  }
  std::vector<std::string> absent;
  for (const std::string& name : named) {
    if (!holds(devices, name)) {
      absent.push_back(name);
    }
  }
  std::string found = assignment(environment::interfaces, value);
  if (!absent.empty()) {
    return fail(found.append(" names what is no EFA here: ").append(listed(absent)),
                "unset FI_EFA_IFACE, or name some of: ls /sys/class/infiniband");
  }
  if (named.size() >= devices.size()) {
    return std::nullopt;
  }
  return warn(found.append(" uses ")
                  .append(std::to_string(named.size()))
                  .append(" of ")
                  .append(counted(devices.size(), "EFA")),
              "unset FI_EFA_IFACE, unless the devices are meant to be shared out so");
}

constexpr std::uint64_t least_queue = 64;

std::optional<Finding> judge_size(std::string_view variable, std::string_view value) {
  const auto size = parse_u64(value);
  std::string found = assignment(variable, value);
  std::string fix = "unset ";
  fix.append(variable).append(": libfabric then takes what the device has");
  if (!size) {
    return warn(found.append(" is no number"), std::move(fix));
  }
  // 0 is libfabric's own choice.
  if (*size == 0 || *size >= least_queue) {
    return std::nullopt;
  }
  return warn(found.append(" is a very short queue"), std::move(fix));
}

std::optional<Finding> judge_tx_size(std::string_view value, const HealthView& /*view*/) {
  return judge_size(environment::tx_size, value);
}

std::optional<Finding> judge_rx_size(std::string_view value, const HealthView& /*view*/) {
  return judge_size(environment::rx_size, value);
}

constexpr EnvironmentRule rules[] = {
    {environment::provider, judge_provider},
    {environment::device_rdma, judge_device_rdma},
    {environment::intel_provider, judge_intel_provider},
    {environment::fork_safe, judge_fork_safe},
    {environment::verbs_fork_safe, judge_verbs_fork_safe},
    {environment::intel_fabrics, judge_fabrics},
    {environment::shm_transfer, judge_shm_transfer},
    {environment::interfaces, judge_interfaces},
    {environment::tx_size, judge_tx_size},
    {environment::rx_size, judge_rx_size},
};

constexpr bool all_are_readable() {
  return std::all_of(std::begin(rules), std::end(rules), [](const EnvironmentRule& rule) {
    return std::find(readable_variables.begin(), readable_variables.end(), rule.variable) !=
           readable_variables.end();
  });
}
static_assert(all_are_readable());

}  // namespace

std::span<const EnvironmentRule> environment_rules() { return rules; }

std::optional<std::string_view> value_of(std::string_view variable,
                                         const Environment& environment) {
  const auto at = std::find_if(environment.begin(), environment.end(),
                               [&](const auto& one) { return one.name == variable; });
  return at == environment.end() ? std::nullopt : std::optional<std::string_view>(at->value);
}

std::optional<Finding> judge_variable(std::string_view variable, const Environment& environment,
                                      const HealthView& view) {
  const auto value = value_of(variable, environment);
  const auto* rule = std::find_if(std::begin(rules), std::end(rules),
                                  [&](const auto& one) { return one.variable == variable; });
  // One that fills longest_value may have been cut, and lists cannot be judged by their beginning.
  if (!value || value->empty() || value->size() >= longest_value || rule == std::end(rules)) {
    return std::nullopt;
  }
  return rule->judge(*value, view);
}

}  // namespace efa
