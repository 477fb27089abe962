#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/health/check.h"
#include "collectors/health/judging.h"

/// What the checks of a host's software and settings have in common, beside judging.h.
namespace efa::words {

/// For what only matters where there is an EFA.
Finding without_efa();
/// For what is in HostFacts, if those are not there.
Finding without_host_facts();

/// For what the caller has of itself, if that is the agent's own container.
Finding not_where_jobs_run();

/// Downloads and runs the EFA installer.
inline constexpr std::string_view run_installer =
    "curl -O https://efa-installer.amazonaws.com/aws-efa-installer-latest.tar.gz && tar xf "
    "aws-efa-installer-latest.tar.gz && cd aws-efa-installer && sudo ./efa_installer.sh -y, then "
    "reboot";

/// Whether it is certain that this host has no EFA: neither a device nor a function on the bus.
bool is_without_efa(const HealthView& view);

/// The names of the devices; empty if they were not read.
std::vector<std::string> device_names(const HealthView& view);
/// Of the driver that is loaded; empty: not known, or the kernel's own.
std::string driver_version(const HealthView& view);
/// What went wrong with the file whose path ends like that; null if nothing did.
const Error* problem_at(const HostFacts& host, std::string_view path);

/// "a, b, c and 3 more"
std::string listed(const std::vector<std::string>& names, std::size_t most = 3);
/// "8 MiB", "unlimited"
std::string memory(std::uint64_t bytes);

}  // namespace efa::words
