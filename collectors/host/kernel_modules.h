#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/host/host_files.h"

namespace efa {

enum class ModuleState : std::uint8_t { absent, built_in, coming, live, going };

/// A driver of the kernel; what is empty is not known, or not told of a driver of the kernel's own.
struct KernelModule {
  std::string name;
  std::optional<ModuleState> state;
  std::string version;     // 3.1.0g
  std::string srcversion;  // tells two builds apart
  std::string taint;       // O: built outside of the kernel's tree, E: not signed
  std::optional<std::uint64_t> references;

  [[nodiscard]] bool is_out_of_tree() const { return taint.find('O') != std::string::npos; }
  /// Whether it does its work; nothing if that is not known.
  [[nodiscard]] std::optional<bool> is_up() const {
    return state ? std::optional(*state == ModuleState::live || *state == ModuleState::built_in)
                 : std::nullopt;
  }
};

/// Those EFA cannot do without.
inline constexpr std::string_view needed_modules[] = {"efa", "ib_uverbs"};
/// Those a host with EFA may have: the two, what they stand on, and what GPUDirect takes.
inline constexpr std::string_view host_modules[] = {
    "efa", "ib_uverbs", "ib_core", "nvidia", "nvidia_peermem", "efa_nv_peermem", "gdrdrv"};

/// Source   <sysfs>/module/<name>/{initstate,version,srcversion,taint,refcnt}; one that is built in
///          has no initstate, and without parameters and version not even the folder: then what it
///          registers in sysfs tells of efa, ib_uverbs and ib_core
/// Errors   state is nothing if sysfs cannot be read
/// Cost     five files; none asks a device
KernelModule read_kernel_module(HostFiles& files, std::string_view name);

/// The module of that name; null if it is not among them.
const KernelModule* find_module(const std::vector<KernelModule>& modules, std::string_view name);

}  // namespace efa
