#include <algorithm>
#include <compare>
#include <span>
#include <string>
#include <vector>

#include "collectors/health/check.h"
#include "collectors/health/installed.h"
#include "collectors/health/plugin_judges.h"
#include "collectors/health/words.h"
#include "collectors/host/minimum_versions.h"
#include "collectors/host/version.h"

namespace efa {
namespace {

using namespace words;

constexpr std::string_view host_only =
    "; an agent in a container sees only what is in the container";

/// What an EFA installer of that version or a later one brings at least.
struct Brought {
  std::string_view installer;
  std::string_view driver;
  std::string_view libfabric;
};

/// From the release notes of the installer; not all releases, oldest first.
constexpr Brought brought_versions[] = {
    {"1.18.0", "1.16.0", "1.16.0"}, {"1.36.0", "2.13.0", "1.22.0"}, {"1.42.0", "2.15.3", "2.1.0"},
    {"1.43.0", "2.17.2", "2.1.0"},  {"1.50.0", "3.3.0", "2.6.0"},   {"1.51.0", "3.3.1", "2.7.0"}};

/// The first release of the driver that takes a PCI function.
struct FirstDriver {
  std::string_view pci_id;
  std::string_view driver;
};

/// From the driver's history; 1d0f:efa0 was there from the beginning.
constexpr FirstDriver first_drivers[] = {{"1d0f:efa1", "1.9.0"},
                                         {"1d0f:efa2", "2.1.0"},
                                         {"1d0f:efa3", "2.12.0"},
                                         {"1d0f:efa4", "3.3.0"}};

const MinimumVersion& minimum_of(std::string_view component) {
  return *std::find_if(std::begin(minimum_versions), std::end(minimum_versions),
                       [&](const auto& row) { return row.component == component; });
}

// Those of one component, against what EC2 asks for and has asked for.
struct Compared {
  std::vector<std::string> texts;
  std::size_t too_old = 0;  // older than both
  std::size_t old = 0;      // older than one of the two
  std::size_t not_told = 0;
};

Compared compare(const std::vector<InstalledVersion>& installed, const MinimumVersion& row) {
  Compared compared;
  for (const InstalledVersion& one : installed) {
    const bool is_told = parse_version(one.version).has_value();
    const bool below_now = is_older(one.version, row.minimum);
    const bool below_2019 = is_older(one.version, row.minimum_2019);
    compared.too_old += static_cast<std::size_t>(below_now && below_2019);
    compared.old += static_cast<std::size_t>(below_now || below_2019);
    compared.not_told += static_cast<std::size_t>(!is_told);
    std::string text = is_told ? one.version : "one without a version in " + one.path;
    if (compared.texts.empty() || compared.texts.back() != text) {
      compared.texts.push_back(std::move(text));
    }
  }
  return compared;
}

/// `installed` is not empty.
Finding against_minimum(std::string_view name, const MinimumVersion& row,
                        const std::vector<InstalledVersion>& installed, std::string fix) {
  const Compared compared = compare(installed, row);
  std::string found(name);
  found.append(" ").append(listed(compared.texts)).append("; EC2 asks for ").append(row.minimum);
  found.append(" or later now, for ").append(row.minimum_2019).append(" in 2019");
  if (compared.too_old == installed.size()) {
    return fail(std::move(found), std::move(fix));
  }
  if (compared.old > 0) {
    return warn(std::move(found), std::move(fix));
  }
  return compared.not_told == installed.size()
             ? unknown(std::move(found), "ask it: fi_info --version, mpirun --version")
             : pass(std::move(found));
}

Finding libfabric(const HealthView& view) {
  if (auto finding = obstacle(view)) {
    return std::move(*finding);
  }
  const HostFacts& host = *view.host;
  if (!host.libfabric.empty()) {
    return against_minimum("libfabric", minimum_of("libfabric"),
                           {{"/opt/amazon/efa", host.libfabric}}, std::string(run_installer));
  }
  if (const Error* problem = problem_at(host, "pkgconfig/libfabric.pc")) {
    return unknown(problem->message(), "ask it: /opt/amazon/efa/bin/fi_info --version");
  }
  std::string fix = std::string(run_installer).append(host_only);
  if (host.efa_installer.empty()) {
    return unknown("neither libfabric nor the EFA installer on the host; containers may have them",
                   std::move(fix));
  }
  return warn("no libfabric in /opt/amazon/efa", std::move(fix));
}

Finding driver_is_installers(const HealthView& view) {
  if (auto finding = obstacle(view)) {
    return std::move(*finding);
  }
  const KernelModule* driver = find_module(view.host->modules, "efa");
  if (driver == nullptr || !driver->is_up().value_or(false)) {
    return unknown("the driver is not loaded, or not known to be", "see EFA-408");
  }
  const std::string& installer = view.host->efa_installer;
  const std::string version = driver_version(view);
  if (!version.empty()) {
    return pass("driver " + version +
                (installer.empty() ? ", of no known installer" : ", EFA installer " + installer));
  }
  if (installer.empty() && !view.host->has_opt) {
    return without_folder("/opt");
  }
  if (installer.empty()) {
    return pass("the kernel's own driver of " + view.host->kernel + ", and no EFA installer");
  }
  return warn("the kernel's own driver of " + view.host->kernel +
                  " is loaded, although EFA "
                  "installer " +
                  installer + " was run",
              "dkms status efa; install the headers of this kernel (kernel-devel, Ubuntu: "
              "linux-headers-aws), then sudo dkms autoinstall && sudo modprobe -r efa && sudo "
              "modprobe efa while no job runs; not needed if --skip-kmod was meant");
}

const Brought* brought_by(std::string_view installer) {
  const Brought* found = nullptr;
  for (const Brought& row : brought_versions) {
    if (parse_version(installer) && !is_older(installer, row.installer)) {
      found = &row;
    }
  }
  return found;
}

Finding against_installer(const HealthView& view, std::string_view name, const std::string& version,
                          std::string_view Brought::*component, std::string fix) {
  const std::string& installer = view.host->efa_installer;
  if (!parse_version(installer)) {
    return unknown("it is not known which EFA installer was run",
                   "head -1 /opt/amazon/efa_installed_packages" + std::string(host_only));
  }
  std::string found(name);
  if (!parse_version(version)) {
    return unknown(found.append(" does not tell its version"),
                   "cat /sys/module/efa/version; /opt/amazon/efa/bin/fi_info --version");
  }
  found.append(" ").append(version).append(", EFA installer ").append(installer);
  const Brought* brought = brought_by(installer);
  if (brought == nullptr || !is_older(version, brought->*component)) {
    return pass(std::move(found));
  }
  found.append(", which brings ").append(brought->*component).append(" or later");
  return warn(std::move(found), std::move(fix));
}

Finding driver_of_installer(const HealthView& view) {
  if (auto finding = obstacle(view)) {
    return std::move(*finding);
  }
  return against_installer(view, "driver", driver_version(view), &Brought::driver,
                           "reboot, or sudo modprobe -r efa && sudo modprobe efa while no job "
                           "runs; if it stays: dkms status efa, and the headers of this kernel");
}

Finding libfabric_of_installer(const HealthView& view) {
  if (auto finding = obstacle(view)) {
    return std::move(*finding);
  }
  return against_installer(
      view, "libfabric", view.host->libfabric, &Brought::libfabric,
      "sudo ./efa_installer.sh --uninstall, then " + std::string(run_installer));
}

Finding driver_knows_devices(const HealthView& view) {
  if (auto finding = obstacle(view)) {
    return std::move(*finding);
  }
  if (!view.host->efa_functions) {
    return unknown("the PCI bus could not be read", "run lspci -nnk -d 1d0f: on the host");
  }
  const std::string version = driver_version(view);
  std::vector<std::string> without;
  std::vector<std::string> too_new;
  for (const PciFunction& function : *view.host->efa_functions) {
    if (function.driver == "efa") {
      continue;
    }
    without.push_back(function.address);
    const auto* row = std::find_if(std::begin(first_drivers), std::end(first_drivers),
                                   [&](const auto& one) { return one.pci_id == function.id; });
    if (row != std::end(first_drivers) && is_older(version, row->driver)) {
      std::string text = function.address + " (" + function.id + ", since ";
      too_new.push_back(text.append(row->driver).append(")"));
    }
  }
  if (!too_new.empty()) {
    return fail("driver " + version + " does not know " + listed(too_new),
                std::string(run_installer));
  }
  if (!without.empty() && version.empty()) {
    return unknown("not taken by the driver, whose version is not told: " + listed(without),
                   "see EFA-408, and sudo dmesg | grep -i efa");
  }
  return pass("driver " + (version.empty() ? "of the kernel" : version) + " knows " +
              counted(view.host->efa_functions->size(), "EFA"));
}

Finding mpi(const HostFacts& host, std::string_view name, std::string_view component,
            const std::vector<InstalledVersion>& installed, std::string fix) {
  if (installed.empty()) {
    return host.has_opt
               ? pass("no " + std::string(name) + " where it is looked for, which is optional")
               : without_folder("/opt");
  }
  return against_minimum(name, minimum_of(component), installed, std::move(fix));
}

Finding open_mpi(const HealthView& view) {
  if (auto finding = obstacle(view)) {
    return std::move(*finding);
  }
  return mpi(*view.host, "Open MPI", "openmpi", view.host->open_mpi,
             std::string(run_installer)
                 .append("; and use /opt/amazon/openmpi/bin/mpirun or "
                         "/opt/amazon/openmpi5/bin/mpirun"));
}

Finding intel_mpi(const HealthView& view) {
  if (auto finding = obstacle(view)) {
    return std::move(*finding);
  }
  return mpi(*view.host, "Intel MPI", "intel_mpi", view.host->intel_mpi,
             "install Intel MPI 2021 (oneAPI), remove the old one, and source "
             "/opt/intel/oneapi/mpi/latest/env/vars.sh in the job script");
}

// Of a host on which neither MLNX_OFED nor its ib_core was found.
Finding without_mellanox(const HostFacts& host, const KernelModule* core) {
  if (core == nullptr || !core->state) {
    return unknown("/sys/module does not tell of ib_core", "run lsmod | grep ib_core");
  }
  return host.has_usr ? pass("ib_core is the kernel's own, and MLNX_OFED is not installed")
                      : without_folder("/usr");
}

Finding mellanox(const HealthView& view) {
  if (auto finding = obstacle(view)) {
    return std::move(*finding);
  }
  const auto& ofed = view.host->mellanox_ofed;
  const KernelModule* core = find_module(view.host->modules, "ib_core");
  const bool is_foreign = core != nullptr && core->is_out_of_tree();
  if (!ofed && !is_foreign) {
    return without_mellanox(*view.host, core);
  }
  std::string found = ofed ? "MLNX_OFED " + ofed->version + " is installed" : std::string();
  if (is_foreign) {
    found.append(found.empty() ? "" : ", and ").append("ib_core is not the kernel's own");
  }
  const std::string fix =
      "sudo /usr/sbin/ofed_uninstall.sh, reinstall rdma-core, then " + std::string(run_installer);
  const KernelModule* driver = find_module(view.host->modules, "efa");
  const bool is_down = driver != nullptr && driver->is_up() == false;
  return is_foreign && is_down ? fail(found.append("; the module efa is not loaded"), fix)
                               : warn(std::move(found), fix);
}

constexpr Check checks[] = {
    {"EFA-501", "libfabric is there, and new enough",
     "Without libfabric's provider efa every MPI and NCCL goes over TCP.", Verdict::fail,
     Published::yes, libfabric},
    {"EFA-502", "the loaded driver is the installer's",
     "After an update of the kernel the installer's driver may not have been built for it, and the "
     "kernel's own older one is loaded in silence.",
     Verdict::warn, Published::yes, driver_is_installers},
    {"EFA-503", "the driver is as new as the installer",
     "A new driver that was installed is not used before the old one is unloaded.", Verdict::warn,
     Published::yes, driver_of_installer},
    {"EFA-504", "libfabric is as new as the installer",
     "A library from another release than the driver was tested with neither it nor the plugin.",
     Verdict::warn, Published::yes, libfabric_of_installer},
    {"EFA-505", "the driver knows these devices",
     "A driver that is older than the device does not take it, and it is missing.", Verdict::fail,
     Published::yes, driver_knows_devices},
    {"EFA-506", "one aws-ofi-nccl plugin is there",
     "Without the plugin NCCL goes over TCP sockets, and of two the loader may take the wrong one.",
     Verdict::warn, Published::yes, judge_plugin},
    {"EFA-507", "aws-ofi-nccl fits libfabric",
     "A plugin that finds an older libfabric than it was built for does not load, and NCCL goes "
     "over TCP sockets.",
     Verdict::fail, Published::yes, judge_plugin_and_libfabric},
    {"EFA-508", "Open MPI is new enough", "An older Open MPI does not use EFA as AWS supports it.",
     Verdict::fail, Published::yes, open_mpi},
    {"EFA-509", "Intel MPI is new enough",
     "An older Intel MPI does not use EFA as AWS supports it.", Verdict::fail, Published::yes,
     intel_mpi},
    {"EFA-510", "no MLNX_OFED over the in-box stack",
     "Its ib_core and rdma-core take the place of those that EFA's driver and libraries are built "
     "for.",
     Verdict::fail, Published::yes, mellanox},
};

}  // namespace

std::span<const Check> version_checks() { return checks; }

}  // namespace efa
