#include "collectors/host/uverbs.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "collectors/base/number.h"

namespace efa {
namespace {

std::optional<std::uint64_t> number_of(std::string_view name) {
  constexpr std::string_view prefix = "uverbs";
  return name.starts_with(prefix) ? parse_u64(name.substr(prefix.size())) : std::nullopt;
}

std::optional<DeviceNode> look_at_node(const std::string& path) {
  constexpr std::uint32_t permission_bits = 07777;
  const auto status = HostFiles::status(path);
  if (!status) {
    return std::nullopt;
  }
  return DeviceNode{status->is_character_device(), status->mode & permission_bits, status->uid,
                    status->gid};
}

}  // namespace

std::size_t Uverbs::count(const std::string& device) const {
  return static_cast<std::size_t>(std::count_if(
      nodes.begin(), nodes.end(), [&](const UverbsNode& one) { return one.device == device; }));
}

std::optional<Uverbs> read_uverbs(HostFiles& files) {
  const std::string class_folder = files.below_sysfs("/class/infiniband_verbs");
  const std::string node_folder = files.below_root("/dev/infiniband");
  Uverbs uverbs;
  uverbs.has_folder = HostFiles::is_directory(node_folder);
  const auto names = files.names(class_folder);
  if (!names) {
    const bool has_none = names.error().reason == Reason::absent &&
                          HostFiles::is_directory(files.below_sysfs("/class"));
    return has_none ? std::optional(std::move(uverbs)) : std::nullopt;
  }
  for (const std::string& name : *names) {
    if (!number_of(name)) {
      continue;  // abi_version
    }
    std::string path = class_folder;
    path.append("/").append(name).append("/ibdev");
    std::string node = node_folder;
    node.append("/").append(name);
    uverbs.nodes.push_back({name, files.line(path), look_at_node(node)});
  }
  std::sort(uverbs.nodes.begin(), uverbs.nodes.end(),
            [](const auto& a, const auto& b) { return number_of(a.name) < number_of(b.name); });
  return uverbs;
}

}  // namespace efa
