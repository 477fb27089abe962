#include "collectors/owners.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>

#include "collectors/catalogue/agent_metrics.h"
#include "collectors/ownership/ownership_builder.h"

namespace efa {
namespace {

void add_counts(const MetricSpec& spec, const std::string& device, const std::string* owner,
                const ResourceCounts& counts, SampleSink& sink) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (!counts[i]) {
      continue;
    }
    const auto type = to_string(static_cast<Resource>(i));
    const auto value = static_cast<double>(*counts[i]);
    if (owner != nullptr) {
      sink.add(spec, {{"device", device}, {"owner", *owner}, {"type", type}}, value);
    } else {
      sink.add(spec, {{"device", device}, {"type", type}}, value);
    }
  }
}

void add_info(const Workload& workload, SampleSink& sink) {
  sink.add(metric::owner_info,
           {{"owner", workload.owner},
            {"kind", to_string(workload.kind)},
            {"slurm_job_id", workload.slurm_job_id},
            {"slurm_step", workload.slurm_step},
            {"namespace", workload.name_space},
            {"pod", workload.pod},
            {"container", workload.container},
            {"container_id", workload.container_id},
            {"unit", workload.unit},
            {"uid", std::to_string(workload.uid)},
            {"command", workload.command},
            {"job_name", workload.job_name}},
           1);
}

// Calls devices by their names; drops those that have none.
template <typename OfDevice>
void keep_named(std::vector<OfDevice>& list, const std::map<std::string, std::string>& names) {
  std::erase_if(list, [&](OfDevice& of) {
    const auto name = names.find(of.device);
    if (name != names.end()) {
      of.device = name->second;
    }
    return name == names.end();
  });
}

bool has(const Owner& owner, const std::string& device) {
  return std::any_of(owner.shares.begin(), owner.shares.end(),
                     [&](const Share& share) { return share.device == device; });
}

}  // namespace

void Owners::describe(const DeviceLayouts& devices, SeriesPlan& /*plan*/) {
  devices_ = named_devices(devices);
  shown_.reset();  // what is known of one that has gone is nobody's business any more
}

bool Owners::collect(const Reading& /*reading*/, SampleSink& sink) {
  const auto latest = refresher_->latest(devices_, std::exchange(patience_, {}));
  if (!latest) {
    return false;
  }
  renew(latest);
  add_devices(sink);
  add_shares(sink);
  add_owners(sink);
  return !latest->problem && latest->hidden == 0;
}

void Owners::renew(const std::shared_ptr<const Ownership>& latest) {
  if (latest == shown_) {
    return;
  }
  // RDMA core was asked by names. Where a device has another one now, nobody knows whose answer it
  // was: it is left out until the next one.
  std::map<std::string, std::string> names;
  for (const NamedDevice& device : devices_) {
    if (std::find(latest->devices.begin(), latest->devices.end(), device) !=
        latest->devices.end()) {
      names.emplace(device.identity, device.name);
    }
  }
  shown_ = latest;
  resources_ = latest->resources;
  keep_named(resources_, names);
  owners_ = latest->owners;
  for (Owner& owner : owners_) {
    keep_named(owner.shares, names);
  }
  std::erase_if(owners_, [](const Owner& owner) { return owner.shares.empty(); });
  owner_counts_.clear();
  for (const DeviceResources& device : resources_) {
    owner_counts_.push_back(std::count_if(owners_.begin(), owners_.end(), [&](const Owner& owner) {
      return has(owner, device.device);
    }));
  }
  limit_owners(owners_, most_);
}

void Owners::add_devices(SampleSink& sink) const {
  for (const DeviceResources& device : resources_) {
    add_counts(metric::device_resources, device.device, nullptr, device.counts, sink);
  }
  for (std::size_t i = 0; i < resources_.size(); ++i) {
    sink.add(metric::device_owners, {{"device", resources_[i].device}},
             static_cast<double>(owner_counts_[i]));
  }
}

void Owners::add_shares(SampleSink& sink) const {
  for (const Owner& owner : owners_) {
    for (const Share& share : owner.shares) {
      sink.add(metric::device_owner_info,
               {{"device", share.device}, {"owner", owner.workload.owner}}, 1);
    }
  }
  add_ranks(sink);
  for (const Owner& owner : owners_) {
    for (const Share& share : owner.shares) {
      add_counts(metric::owner_resources, share.device, &owner.workload.owner, share.counts, sink);
    }
  }
  for (const Owner& owner : owners_) {
    for (const Share& share : owner.shares) {
      sink.add(metric::owner_registered_bytes,
               {{"device", share.device}, {"owner", owner.workload.owner}},
               static_cast<double>(share.registered_bytes));
    }
  }
}

void Owners::add_ranks(SampleSink& sink) const {
  for (const Owner& owner : owners_) {
    for (const Share& share : owner.shares) {
      std::size_t left = most_;
      for (auto rank = share.ranks.begin(); rank != share.ranks.end() && left > 0; ++rank, --left) {
        sink.add(metric::device_rank_info,
                 {{"device", share.device},
                  {"owner", owner.workload.owner},
                  {"rank", rank->rank},
                  {"local_rank", rank->local_rank}},
                 1);
      }
    }
  }
}

void Owners::add_owners(SampleSink& sink) const {
  for (const Owner& owner : owners_) {
    if (owner.start_ticks) {  // not of those that are summed up
      add_info(owner.workload, sink);
    }
  }
  for (const Owner& owner : owners_) {
    sink.add(metric::owner_processes, {{"owner", owner.workload.owner}},
             static_cast<double>(owner.processes));
  }
  const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  for (const Owner& owner : owners_) {
    if (owner.start_ticks && boot_time_) {
      sink.add(metric::owner_start_time, {{"owner", owner.workload.owner}},
               *boot_time_ + static_cast<double>(*owner.start_ticks) / ticks_per_second);
    }
  }
}

}  // namespace efa
