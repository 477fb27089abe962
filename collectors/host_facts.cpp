#include "collectors/host_facts.h"

#include <algorithm>
#include <utility>

#include "collectors/catalogue/host_metrics.h"
#include "collectors/host/minimum_versions.h"

namespace efa {
namespace {

// Each once, in their order: "4.1.6,5.0.3".
std::string versions_of(const std::vector<InstalledVersion>& installed) {
  std::string text;
  std::string_view last;
  for (const InstalledVersion& one : installed) {
    if (!one.version.empty() && one.version != last) {
      text.append(text.empty() ? "" : ",").append(one.version);
      last = one.version;
    }
  }
  return text;
}

std::string name_of(const OperatingSystem& os) {
  if (!os.pretty_name.empty() || os.version.empty()) {
    return os.pretty_name.empty() ? os.id : os.pretty_name;
  }
  return os.id + ' ' + os.version;
}

void add_pools(const MetricSpec& spec, const Hugepages& hugepages,
               std::optional<std::uint64_t> HugepagePool::*pages, SampleSink& sink) {
  for (const HugepagePool& pool : hugepages.pools) {
    if (const auto& value = pool.*pages) {
      const std::string size = std::to_string(pool.page_bytes);
      sink.add(spec, {{"page_size_bytes", size}}, static_cast<double>(*value));
    }
  }
}

void add_modules(const std::vector<KernelModule>& modules, SampleSink& sink) {
  for (const KernelModule& module : modules) {
    if (const auto is_up = module.is_up()) {
      sink.add(metric::host_module_loaded, {{"module", module.name}}, *is_up ? 1 : 0);
    }
  }
}

// Only of devices that were there when the nodes were counted: no node is 0, not asked is a gap.
void add_nodes(const HostState& state, const std::vector<std::string>& devices, SampleSink& sink) {
  if (!state.uverbs) {
    return;
  }
  for (const std::string& device : devices) {
    if (std::find(state.devices.begin(), state.devices.end(), device) != state.devices.end()) {
      sink.add(metric::host_uverbs_nodes, {{"device", device}},
               static_cast<double>(state.uverbs->count(device)));
    }
  }
}

}  // namespace

void HostFactsCollector::describe(const DeviceLayouts& devices, SeriesPlan& plan) {
  devices_.clear();
  for (const auto& device : devices) {
    devices_.push_back(device->attributes.name);
  }
  for (const MinimumVersion& row : minimum_versions) {
    plan.add(metric::host_minimum_version_info,
             {{"component", row.component},
              {"minimum", row.minimum},
              {"minimum_2019", row.minimum_2019}},
             1);
  }
}

bool HostFactsCollector::collect(const Reading& /*reading*/, SampleSink& sink) {
  facts_->latest({}, {});  // begins while the state is waited for
  const auto patience = std::exchange(patience_, {});
  const auto state = state_->latest(devices_, patience / 2);
  const auto facts = facts_->latest({}, patience);
  if (facts) {
    renew(facts);
    add_info(state ? *state : HostState(), sink);
  }
  if (!state) {
    return false;
  }
  add_pools(metric::host_hugepages, state->hugepages, &HugepagePool::total, sink);
  add_pools(metric::host_hugepages_free, state->hugepages, &HugepagePool::free, sink);
  add_modules(state->modules, sink);
  add_nodes(*state, devices_, sink);
  return facts && facts->problems.empty() && state->problems.empty() && state->devices == devices_;
}

void HostFactsCollector::renew(const std::shared_ptr<const HostFacts>& facts) {
  if (facts == shown_) {
    return;
  }
  shown_ = facts;
  texts_ = {name_of(facts->os), versions_of(facts->open_mpi), versions_of(facts->intel_mpi),
            versions_of(facts->ofi_nccl)};
}

// The driver's version is of the state: a driver may be loaded, or another one, within the hour.
void HostFactsCollector::add_info(const HostState& state, SampleSink& sink) const {
  const KernelModule* driver = find_module(state.modules, "efa");
  if (driver == nullptr) {
    driver = find_module(shown_->modules, "efa");
  }
  sink.add(metric::host_info,
           {{"driver_version", driver != nullptr ? driver->version : std::string_view()},
            {"kernel", shown_->kernel},
            {"os", texts_.os},
            {"efa_installer_version", shown_->efa_installer},
            {"libfabric_version", shown_->libfabric},
            {"openmpi_version", texts_.open_mpi},
            {"intel_mpi_version", texts_.intel_mpi},
            {"ofi_nccl_version", texts_.ofi_nccl}},
           1);
}

}  // namespace efa
