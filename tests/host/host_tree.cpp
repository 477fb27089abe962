#include "tests/host/host_tree.h"

#include <stdexcept>

namespace efa::test {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view p5_devices[] = {
    "rdmap79s0",  "rdmap80s0",  "rdmap81s0",  "rdmap82s0",  "rdmap96s0",  "rdmap97s0",
    "rdmap98s0",  "rdmap99s0",  "rdmap113s0", "rdmap114s0", "rdmap115s0", "rdmap116s0",
    "rdmap130s0", "rdmap131s0", "rdmap132s0", "rdmap133s0", "rdmap147s0", "rdmap148s0",
    "rdmap149s0", "rdmap150s0", "rdmap164s0", "rdmap165s0", "rdmap166s0", "rdmap167s0",
    "rdmap181s0", "rdmap182s0", "rdmap183s0", "rdmap184s0", "rdmap198s0", "rdmap199s0",
    "rdmap200s0", "rdmap201s0"};

std::string pkg_config(std::string_view name, std::string_view version) {
  std::string text = "prefix=/opt/amazon/efa\nlibdir=${prefix}/lib64\n\nName: ";
  text.append(name).append("\nDescription: of a test\nVersion: ").append(version);
  text.append("\nLibs: -L${libdir} -lfabric\n");
  return text;
}

}  // namespace

HostTree::HostTree(Kind kind) {
  fs::create_directories(dir_.path() / "root");
  fs::create_directories(dir_.path() / "proc");
  switch (kind) {
    case empty:
      break;
    case p5_amazon_linux_2023:
      add_amazon_linux_2023();
      break;
    case p5_ubuntu_22_04:
      add_ubuntu_22_04();
      break;
    case c5n_centos_7_6:
      add_centos_7_6();
      break;
  }
}

HostPaths HostTree::paths() const {
  return {dir_.path() / "root", sysfs_.root(), dir_.path() / "proc"};
}

fs::path HostTree::at(std::string_view path) const {
  if (path.starts_with("/sys/")) {
    return fs::path(sysfs_.root()) / path.substr(5);
  }
  if (path.starts_with("/proc/")) {
    return dir_.path() / "proc" / path.substr(6);
  }
  if (!path.starts_with('/')) {
    throw std::invalid_argument("not from the root: " + std::string(path));
  }
  return dir_.path() / "root" / path.substr(1);
}

HostTree& HostTree::write(std::string_view path, std::string_view bytes) {
  write_in_place(at(path), bytes);
  return *this;
}

HostTree& HostTree::link(std::string_view path, const fs::path& target) {
  fs::create_directories(at(path).parent_path());
  fs::remove_all(at(path));
  fs::create_symlink(target, at(path));
  return *this;
}

HostTree& HostTree::folder(std::string_view path) {
  fs::create_directories(at(path));
  return *this;
}

HostTree& HostTree::remove(std::string_view path) {
  if (fs::remove_all(at(path)) == 0) {
    throw std::invalid_argument("not there: " + std::string(path));
  }
  return *this;
}

HostTree& HostTree::module(std::string_view name, std::string_view version) {
  const std::string path = "/sys/module/" + std::string(name);
  write(path + "/version", std::string(version) + "\n");
  write(path + "/initstate", "live\n");
  write(path + "/srcversion", "C4A5E5AD33E8D2A9DF0A41E\n");
  write(path + "/taint", "OE\n");
  return write(path + "/refcnt", "0\n");
}

HostTree& HostTree::hugepages(unsigned page_kib, unsigned total, unsigned free) {
  const std::string path = "/sys/kernel/mm/hugepages/hugepages-" + std::to_string(page_kib) + "kB/";
  write(path + "nr_hugepages", std::to_string(total) + "\n");
  write(path + "free_hugepages", std::to_string(free) + "\n");
  return write(path + "resv_hugepages", "0\n");
}

HostTree& HostTree::device(const std::string& name, std::string_view pci_device) {
  SysfsTree::Device& device = sysfs_.device(name).id("0x1d0f", pci_device);
  const fs::path function = device.path().parent_path().parent_path();
  const std::string address = function.filename();
  folder("/sys/bus/pci/drivers/efa");
  link("/sys/bus/pci/devices/" + address,
       fs::path("../../..") / function.lexically_relative(sysfs_.root()));
  fs::create_symlink("../../../bus/pci/drivers/efa", function / "driver");
  const std::string node = "uverbs" + std::to_string(devices_++);
  write("/sys/class/infiniband_verbs/" + node + "/ibdev", name + "\n");
  return link("/dev/infiniband/" + node, "/dev/null");
}

HostTree& HostTree::node_permissions(unsigned number, unsigned permissions) {
  const std::string path = "/dev/infiniband/uverbs" + std::to_string(number);
  remove(path);
  write(path, "");
  fs::permissions(at(path), static_cast<fs::perms>(permissions));
  return *this;
}

HostTree& HostTree::memlock(std::uint32_t pid, std::string_view soft, std::string_view hard) {
  const auto padded = [](std::string_view text) {
    std::string cell(text);
    cell.resize(21, ' ');
    return cell;
  };
  std::string text =
      "Limit                     Soft Limit           Hard Limit           Units     \n";
  text.append("Max cpu time              unlimited            unlimited            seconds   \n");
  text.append("Max locked memory         ").append(padded(soft)).append(padded(hard));
  text.append("bytes     \nMax address space         unlimited            unlimited   bytes\n");
  return write("/proc/" + std::to_string(pid) + "/limits", text);
}

HostTree& HostTree::library(std::string_view path, std::string_view text, std::size_t offset,
                            std::size_t size) {
  std::string bytes(size, '\x7f');
  bytes.replace(offset, text.size(), text);
  return write(path, bytes);
}

void HostTree::add_efa_base() {
  write("/sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
  write("/sys/class/infiniband_verbs/abi_version", "6\n");
  write("/sys/module/ib_core/initstate", "live\n");
  write("/sys/module/ib_core/refcnt", "3\n");
  write("/sys/module/ib_uverbs/initstate", "live\n");
  write("/sys/module/ib_uverbs/refcnt", "1\n");
  memlock(1, "unlimited", "unlimited");
}

void HostTree::add_p5() {
  add_efa_base();
  write("/sys/class/dmi/id/product_name", "p5.48xlarge\n");
  for (const std::string_view name : p5_devices) {
    device(std::string(name), "0xefa1");
  }
  // What else is on the bus: an ENA, a GPU.
  write("/sys/bus/pci/devices/0000:00:05.0/vendor", "0x1d0f\n");
  write("/sys/bus/pci/devices/0000:00:05.0/device", "0xec20\n");
  write("/sys/bus/pci/devices/0000:53:00.0/vendor", "0x10de\n");
  write("/sys/bus/pci/devices/0000:53:00.0/device", "0x2330\n");
  module("efa", "2.17.3g");
  module("nvidia", "550.163.01");
  module("gdrdrv", "2.4");
  write("/proc/driver/nvidia/version",
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.163.01  Release Build  "
        "(dvs-builder@U16)  Tue Apr  8 12:10:17 UTC 2025\nGCC version:  gcc version 11.4.1\n");
  hugepages(2048, 5128, 5000).hugepages(1048576, 0, 0);
  write("/proc/meminfo",
        "MemTotal:       2097152000 kB\nHugePages_Total:    5128\nHugePages_Free:     5000\n"
        "HugePages_Rsvd:        0\nHugepagesize:       2048 kB\nHugetlb:        10502144 kB\n");
}

void HostTree::add_amazon_linux_2023() {
  add_p5();
  write("/proc/sys/kernel/osrelease", "6.1.134-150.224.amzn2023.x86_64\n");
  write("/proc/sys/kernel/yama/ptrace_scope", "0\n");
  write("/usr/lib/os-release",
        "NAME=\"Amazon Linux\"\nVERSION=\"2023\"\nID=\"amzn\"\nID_LIKE=\"fedora\"\n"
        "VERSION_ID=\"2023\"\nPLATFORM_ID=\"platform:al2023\"\n"
        "PRETTY_NAME=\"Amazon Linux 2023.7.20250428\"\n");
  link("/etc/os-release", "../usr/lib/os-release");
  write("/etc/system-release", "Amazon Linux release 2023.7.20250428 (Amazon Linux)\n");
  write("/opt/amazon/efa_installed_packages",
        "# EFA installer version: 1.41.0\n# Debug packages installed: no\n# Packages installed:\n"
        "efa-2.17.3-1.amzn2023 efa-config-1.18-1.amzn2023 libfabric-aws-2.1.0amzn3.0-1.amzn2023\n");
  write("/opt/amazon/efa/lib64/pkgconfig/libfabric.pc", pkg_config("libfabric", "2.1.0amzn3.0"));
  write("/opt/amazon/openmpi/lib64/pkgconfig/ompi.pc", pkg_config("Open MPI", "4.1.7"));
  write("/opt/amazon/openmpi5/lib64/pkgconfig/ompi.pc", pkg_config("Open MPI", "5.0.6"));
  write("/etc/ld.so.conf.d/100_ofinccl.conf", "/opt/amazon/ofi-nccl/lib64\n");
  write("/etc/ld.so.conf.d/efa.conf", "/opt/amazon/efa/lib64\n");
  library("/opt/amazon/ofi-nccl/lib64/libnccl-net.so",
          std::string_view("NET/OFI Initializing aws-ofi-nccl 1.14.2\0", 41), 300'000, 400'000);
}

void HostTree::add_ubuntu_22_04() {
  add_p5();
  write("/proc/sys/kernel/osrelease", "6.8.0-1028-aws\n");
  write("/proc/sys/kernel/yama/ptrace_scope", "0\n");
  write("/usr/lib/os-release",
        "PRETTY_NAME=\"Ubuntu 22.04.5 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\n"
        "VERSION=\"22.04.5 LTS (Jammy Jellyfish)\"\nVERSION_CODENAME=jammy\nID=ubuntu\n"
        "ID_LIKE=debian\n");
  link("/etc/os-release", "../usr/lib/os-release");
  write("/opt/amazon/efa_installed_packages",
        "# EFA installer version: 1.38.1\n# Debug packages installed: no\n# Packages installed:\n"
        "efa=2.13.0-1 libfabric1-aws=1.22.0amzn5.0\n");
  write("/opt/amazon/efa/lib/pkgconfig/libfabric.pc", pkg_config("libfabric", "1.22.0amzn5.0"));
  write("/opt/amazon/openmpi/lib/pkgconfig/ompi.pc", pkg_config("Open MPI", "4.1.6"));
  write("/opt/amazon/openmpi5/lib/pkgconfig/ompi.pc", pkg_config("Open MPI", "5.0.6"));
  folder("/opt/intel/oneapi/mpi/2021.13/env").folder("/opt/intel/oneapi/mpi/2021.9.0/env");
  link("/opt/intel/oneapi/mpi/latest", "2021.13");
  library("/opt/aws-ofi-nccl/lib/libnccl-net-ofi.so",
          std::string_view("NET/OFI Initializing aws-ofi-nccl 1.13.2-aws\0", 45), 100'000, 200'000);
  link("/opt/aws-ofi-nccl/lib/libnccl-net.so", "libnccl-net-ofi.so");
}

void HostTree::add_centos_7_6() {
  add_efa_base();
  write("/sys/class/dmi/id/product_name", "c5n.18xlarge\n");
  device("efa_0", "0xefa0");
  module("efa", "0.9.2g");
  write("/proc/sys/kernel/osrelease", "3.10.0-957.1.3.el7.x86_64\n");
  write("/proc/sys/kernel/yama/ptrace_scope", "0\n");
  write("/etc/os-release",
        "NAME=\"CentOS Linux\"\nVERSION=\"7 (Core)\"\nID=\"centos\"\nID_LIKE=\"rhel fedora\"\n"
        "VERSION_ID=\"7\"\nPRETTY_NAME=\"CentOS Linux 7 (Core)\"\nANSI_COLOR=\"0;31\"\n");
  write("/etc/centos-release", "CentOS Linux release 7.6.1810 (Core) \n");
  link("/etc/system-release", "centos-release");
  link("/etc/redhat-release", "centos-release");
  write("/opt/amazon/efa_installed_packages",
        "# EFA installer version: 1.4.1\n# Debug packages installed: no\n# Packages installed:\n");
  write("/opt/amazon/efa/lib64/pkgconfig/libfabric.pc", pkg_config("libfabric", "1.8.0amzn1.0"));
  write("/opt/amazon/openmpi/include/mpi.h",
        "#ifndef OMPI_MPI_H\n#define OMPI_MPI_H\n#define OMPI_MAJOR_VERSION 3\n"
        "#define OMPI_MINOR_VERSION 1\n#define OMPI_RELEASE_VERSION 4\n#endif\n");
  folder("/usr/bin").folder("/opt/intel/impi/2019.4.243/intel64");
  folder("/opt/intel/compilers_and_libraries_2019.4.243/linux/mpi");
  link("/opt/intel/compilers_and_libraries_2019", "compilers_and_libraries_2019.4.243");
  hugepages(2048, 1024, 1024).hugepages(1048576, 0, 0);
  write("/proc/meminfo",
        "MemTotal:       197493248 kB\nHugePages_Total:    1024\nHugePages_Free:     1024\n"
        "HugePages_Rsvd:        0\nHugepagesize:       2048 kB\n");
}

}  // namespace efa::test
