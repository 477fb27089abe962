#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "collectors/health/check.h"

namespace efa {

/// A variable of the environment that can hurt, by its value.
struct EnvironmentRule {
  std::string_view variable;
  /// What is wrong with the value, which is not empty, on this host; nothing if nothing is.
  std::optional<Finding> (*judge)(std::string_view value, const HealthView& view);
};

namespace environment {
inline constexpr std::string_view provider = "FI_PROVIDER";
inline constexpr std::string_view device_rdma = "FI_EFA_USE_DEVICE_RDMA";
inline constexpr std::string_view fork_safe = "FI_EFA_FORK_SAFE";
inline constexpr std::string_view verbs_fork_safe = "RDMAV_FORK_SAFE";
inline constexpr std::string_view intel_fabrics = "I_MPI_FABRICS";
inline constexpr std::string_view intel_provider = "I_MPI_OFI_PROVIDER";
inline constexpr std::string_view shm_transfer = "FI_EFA_ENABLE_SHM_TRANSFER";
inline constexpr std::string_view interfaces = "FI_EFA_IFACE";
inline constexpr std::string_view tx_size = "FI_EFA_TX_SIZE";
inline constexpr std::string_view rx_size = "FI_EFA_RX_SIZE";
}  // namespace environment

/// All of them, those that cost most first; each variable is among readable_variables.
std::span<const EnvironmentRule> environment_rules();

/// What the rule of that variable says of an environment; nothing if it is not set, or harmless.
std::optional<Finding> judge_variable(std::string_view variable, const Environment& environment,
                                      const HealthView& view);

/// The value; nothing if it is not set.
std::optional<std::string_view> value_of(std::string_view variable, const Environment& environment);

}  // namespace efa
