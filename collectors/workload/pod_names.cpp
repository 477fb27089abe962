#include "collectors/workload/pod_names.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "collectors/workload/cgroup_component.h"

namespace efa {
namespace {

using cgroup::is_made_of;
using cgroup::is_plain;

constexpr std::size_t container_id_size = 64;

// A DNS subdomain, as far as its characters go.
bool is_name(std::string_view text) {
  return is_made_of(text, "abcdefghijklmnopqrstuvwxyz0123456789-.", 253);
}

}  // namespace

std::optional<PodDirectory> parse_pod_directory(std::string_view name) {
  const auto first = name.find('_');
  const auto last = name.rfind('_');
  if (first == std::string_view::npos || first == last) {
    return std::nullopt;
  }
  const PodDirectory result{name.substr(last + 1), name.substr(0, first),
                            name.substr(first + 1, last - first - 1)};
  if (!is_plain(result.uid, "-", 64) || !is_name(result.name_space) || !is_name(result.pod)) {
    return std::nullopt;
  }
  return result;
}

std::optional<ContainerLog> parse_container_log(std::string_view name) {
  constexpr std::string_view suffix = ".log";
  constexpr std::size_t tail = container_id_size + suffix.size();
  if (name.size() <= tail || !name.ends_with(suffix) || name[name.size() - tail - 1] != '-') {
    return std::nullopt;
  }
  const std::string_view names = name.substr(0, name.size() - tail - 1);
  const auto first = names.find('_');
  const auto last = names.rfind('_');
  if (first == std::string_view::npos || first == last) {
    return std::nullopt;
  }
  const ContainerLog result{name.substr(names.size() + 1, container_id_size),
                            names.substr(first + 1, last - first - 1), names.substr(0, first),
                            names.substr(last + 1)};
  if (!cgroup::is_whole_container_id(result.container_id) || !is_name(result.name_space) ||
      !is_name(result.pod) || !is_name(result.container)) {
    return std::nullopt;
  }
  return result;
}

PodNames::PodNames(Files& files, const Clock& clock, std::string pods, std::string containers)
    : files_(files),
      clock_(clock),
      pods_path_(std::move(pods)),
      containers_path_(std::move(containers)) {}

// True if the directory is not as `entries` has it, which is then brought up to date.
Result<bool> PodNames::list(const std::string& path, std::vector<DirectoryEntry>& entries) {
  const auto directory = files_.open_directory(AT_FDCWD, path.c_str());
  if (!directory) {
    return Error::from_errno(directory.error().errno_value, path);
  }
  if (const auto listed = files_.list(directory->get(), entries_); !listed) {
    return Error::from_errno(listed.error().errno_value, path);
  }
  if (entries_ == entries) {
    return false;
  }
  entries = entries_;
  return true;
}

void PodNames::refresh_pods() {
  const auto changed = list(pods_path_, pods_.entries);
  problem_ = changed ? std::nullopt : std::optional(changed.error());
  if (!changed || !*changed) {
    return;  // names that were right once stay right: uids are never used again
  }
  pods_.known.clear();
  for (const DirectoryEntry& entry : pods_.entries) {
    const auto pod = parse_pod_directory(entry.name);
    if (pod && pods_.known.size() < most) {
      pods_.known.insert_or_assign(
          std::string(pod->uid),
          Pod{entry.name, {std::string(pod->name_space), std::string(pod->pod), {}}});
    }
  }
}

void PodNames::refresh_containers() {
  const auto changed = list(containers_path_, containers_.entries);
  if (!changed || !*changed) {
    return;
  }
  containers_.known.clear();
  for (const DirectoryEntry& entry : containers_.entries) {
    const auto log = parse_container_log(entry.name);
    if (log && containers_.known.size() < most) {
      containers_.known.insert_or_assign(
          std::string(log->container_id),
          PodName{std::string(log->name_space), std::string(log->pod),
                  std::string(log->container)});
    }
  }
}

void PodNames::refresh() {
  if (refreshed_at_ && clock_.now() - *refreshed_at_ < refresh_age) {
    return;
  }
  refreshed_at_ = clock_.now();
  refresh_pods();
  refresh_containers();
  only_containers_.clear();
}

// The one folder in a pod's directory. kubelet makes a container's folder before it starts it, so
// that a container which runs is never the other one.
std::string PodNames::only_container(const Pod& pod) {
  const auto directory =
      files_.open_directory(AT_FDCWD, (pods_path_ + '/' + pod.directory).c_str());
  if (!directory || !files_.list(directory->get(), entries_)) {
    return {};
  }
  const bool is_one = entries_.size() == 1 && is_name(entries_.front().name);
  return is_one ? entries_.front().name : std::string();
}

std::optional<PodName> PodNames::look_up(const std::string& pod_uid,
                                         const std::string& container_id) {
  const auto container = containers_.known.find(container_id);
  const auto pod = pods_.known.find(pod_uid);
  if (pod == pods_.known.end()) {
    const bool is_known = container != containers_.known.end();
    return is_known ? std::optional(container->second) : std::nullopt;
  }
  PodName name = pod->second.name;
  if (container != containers_.known.end()) {
    name.container = container->second.container;
  } else if (const auto only = only_containers_.find(container_id);
             only != only_containers_.end()) {
    name.container = only->second;
  }
  return name;
}

std::optional<PodName> PodNames::find(const std::string& pod_uid, const std::string& container_id) {
  auto name = look_up(pod_uid, container_id);
  if (name && (!name->container.empty() || container_id.empty())) {
    return name;
  }
  refresh();
  name = look_up(pod_uid, container_id);
  const auto pod = pods_.known.find(pod_uid);
  if (!name || !name->container.empty() || container_id.empty() || pod == pods_.known.end() ||
      only_containers_.contains(container_id) || only_containers_.size() >= most) {
    return name;
  }
  name->container = only_containers_[container_id] = only_container(pod->second);
  return name;
}

}  // namespace efa
