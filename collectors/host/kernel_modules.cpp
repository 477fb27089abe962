#include "collectors/host/kernel_modules.h"

#include <algorithm>

namespace efa {
namespace {

struct Trace {
  std::string_view module;
  std::string_view path;  // below sysfs, there as long as the module is
};
constexpr Trace traces[] = {
    {"efa", "/bus/pci/drivers/efa"},
    {"ib_uverbs", "/class/infiniband_verbs"},
    {"ib_core", "/class/infiniband"},
};

bool leaves_trace(const HostFiles& files, std::string_view module) {
  return std::any_of(std::begin(traces), std::end(traces), [&](const Trace& trace) {
    return trace.module == module && HostFiles::is_directory(files.below_sysfs(trace.path));
  });
}

std::optional<ModuleState> state_without_folder(const HostFiles& files, std::string_view module) {
  if (!HostFiles::is_directory(files.below_sysfs("/module"))) {
    return std::nullopt;
  }
  return leaves_trace(files, module) ? ModuleState::built_in : ModuleState::absent;
}

std::optional<ModuleState> read_state(HostFiles& files, const std::string& folder) {
  const std::string path = folder + "/initstate";
  const auto text = files.read(path);
  if (!text) {
    const bool is_built_in =
        text.error().reason == Reason::absent && HostFiles::is_directory(folder);
    return is_built_in ? std::optional(ModuleState::built_in) : std::nullopt;
  }
  std::string_view rest = *text;
  const std::string_view word = take_line(rest);
  if (word == "live") {
    return ModuleState::live;
  }
  if (word == "coming") {
    return ModuleState::coming;
  }
  if (word == "going") {
    return ModuleState::going;
  }
  files.malformed(path);
  return std::nullopt;
}

}  // namespace

KernelModule read_kernel_module(HostFiles& files, std::string_view name) {
  KernelModule module;
  module.name = name;
  std::string folder = files.below_sysfs("/module/");
  folder.append(name);
  if (!HostFiles::is_directory(folder)) {
    module.state = state_without_folder(files, name);
    return module;
  }
  module.state = read_state(files, folder);
  module.version = files.line(folder + "/version");
  module.srcversion = files.line(folder + "/srcversion");
  module.taint = files.line(folder + "/taint");
  module.references = files.number(folder + "/refcnt");
  return module;
}

const KernelModule* find_module(const std::vector<KernelModule>& modules, std::string_view name) {
  const auto found = std::find_if(modules.begin(), modules.end(),
                                  [&](const KernelModule& module) { return module.name == name; });
  return found == modules.end() ? nullptr : &*found;
}

}  // namespace efa
