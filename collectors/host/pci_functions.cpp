#include "collectors/host/pci_functions.h"

#include <string_view>
#include <utility>

namespace efa {
namespace {

constexpr std::string_view amazon = "0x1d0f";
constexpr std::string_view efa_prefix = "0xefa";
constexpr std::string_view hex_prefix = "0x";

}  // namespace

std::optional<std::vector<PciFunction>> read_efa_functions(HostFiles& files) {
  const std::string folder = files.below_sysfs("/bus/pci/devices");
  const auto names = files.names(folder);
  if (!names) {
    return std::nullopt;
  }
  std::vector<PciFunction> functions;
  for (const std::string& name : *names) {
    std::string path = folder;
    path.append("/").append(name);
    if (files.line(path + "/vendor") != amazon) {
      continue;
    }
    const std::string device = files.line(path + "/device");
    if (!device.starts_with(efa_prefix)) {
      continue;
    }
    std::string id(amazon.substr(hex_prefix.size()));
    id.append(":").append(device, hex_prefix.size());
    functions.push_back({name, std::move(id), files.link_name(path + "/driver")});
  }
  return functions;
}

}  // namespace efa
