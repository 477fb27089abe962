#include "collectors/health/plugin_judges.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/health/installed.h"
#include "collectors/health/words.h"
#include "collectors/host/version.h"

namespace efa {
namespace {

using namespace words;

/// The least libfabric that releases of aws-ofi-nccl from `plugin` on are built for.
struct PluginNeeds {
  std::string_view plugin;
  std::string_view libfabric;
};

/// From the release notes of aws-ofi-nccl, oldest first.
constexpr PluginNeeds plugin_needs[] = {
    {"1.0.0", "1.9.0"}, {"1.1.3", "1.11.0"}, {"1.13.0", "1.22.0"}};

bool has_nvidia(const HealthView& view) {
  const auto type = type_of(view);
  return (type && type->accelerator_name.starts_with("nvidia")) ||
         !view.host->nvidia_driver.empty();
}

std::vector<std::string> plugin_versions(const HostFacts& host) {
  std::vector<std::string> versions;
  for (const InstalledVersion& one : host.ofi_nccl) {
    if (versions.empty() || versions.back() != one.version) {
      versions.push_back(one.version);
    }
  }
  return versions;
}

}  // namespace

Finding judge_plugin(const HealthView& view) {
  if (auto finding = obstacle(view)) {
    return std::move(*finding);
  }
  const HostFacts& host = *view.host;
  if (host.ofi_nccl.empty()) {
    return has_nvidia(view)
               ? unknown("no aws-ofi-nccl on the host; containers may have it",
                         "run the job with NCCL_DEBUG=INFO: it has to say NET/OFI, not "
                         "NET/Socket; the EFA installer brings the plugin in "
                         "/opt/amazon/ofi-nccl")
               : pass("no aws-ofi-nccl, which is for NVIDIA's GPUs");
  }
  const auto versions = plugin_versions(host);
  std::vector<std::string> texts;
  for (const InstalledVersion& one : host.ofi_nccl) {
    texts.push_back((one.version.empty() ? "no version" : one.version) + " in " + one.path);
  }
  if (versions.size() > 1) {
    return warn("aws-ofi-nccl " + listed(texts),
                "keep one: remove the other, or its folder from /etc/ld.so.conf.d and sudo "
                "ldconfig; NCCL_DEBUG=INFO says which is loaded");
  }
  return pass("aws-ofi-nccl " + listed(texts));
}

Finding judge_plugin_and_libfabric(const HealthView& view) {
  if (auto finding = obstacle(view)) {
    return std::move(*finding);
  }
  const HostFacts& host = *view.host;
  if (host.ofi_nccl.empty()) {
    return has_nvidia(view)
               ? unknown("no aws-ofi-nccl on the host; containers may have it", "see EFA-506")
               : pass("no aws-ofi-nccl, which is for NVIDIA's GPUs");
  }
  const std::string& newest = host.ofi_nccl.back().version;
  if (!parse_version(newest) || !parse_version(host.libfabric)) {
    return unknown("the version of aws-ofi-nccl or of libfabric is not known",
                   "run the job with NCCL_DEBUG=INFO, which prints both");
  }
  std::string found = "aws-ofi-nccl " + newest + ", libfabric " + host.libfabric;
  std::string_view needed;
  for (const PluginNeeds& row : plugin_needs) {
    needed = is_older(newest, row.plugin) ? needed : row.libfabric;
  }
  if (needed.empty() || !is_older(host.libfabric, needed)) {
    return pass(std::move(found));
  }
  return fail(found.append("; it needs ").append(needed).append(" or later"),
              "bring both from one installer: " + std::string(run_installer));
}

}  // namespace efa
