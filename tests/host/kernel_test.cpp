#include <cerrno>

#include "collectors/host/hugepages.h"
#include "collectors/host/kernel_modules.h"
#include "collectors/host/pci_functions.h"
#include "collectors/host/process_limits.h"
#include "collectors/host/uverbs.h"
#include "tests/host/host_tree.h"
#include "tests/support/catch.h"
#include "tests/support/faulty_files.h"

namespace efa::test {
namespace {

struct Host {
  explicit Host(HostTree::Kind kind = HostTree::empty) : tree(kind) {}

  HostTree tree;
  FaultyFiles faulty;
  HostFiles files{faulty, tree.paths()};
};

TEST_CASE("a module is loaded, coming, going, built in or absent") {
  Host host;
  host.tree.module("efa", "3.1.0g");
  const KernelModule efa = read_kernel_module(host.files, "efa");
  CHECK(efa.name == "efa");
  CHECK(efa.state == ModuleState::live);
  CHECK(efa.version == "3.1.0g");
  CHECK(efa.srcversion == "C4A5E5AD33E8D2A9DF0A41E");
  CHECK(efa.references == 0);
  CHECK(efa.is_out_of_tree());
  CHECK(efa.is_up() == true);
  host.tree.write("/sys/module/efa/initstate", "coming\n");
  CHECK(read_kernel_module(host.files, "efa").state == ModuleState::coming);
  CHECK(read_kernel_module(host.files, "efa").is_up() == false);
  host.tree.write("/sys/module/efa/initstate", "going\n");
  CHECK(read_kernel_module(host.files, "efa").state == ModuleState::going);
  host.tree.remove("/sys/module/efa/initstate");
  CHECK(read_kernel_module(host.files, "efa").state == ModuleState::built_in);
  CHECK(read_kernel_module(host.files, "efa").is_up() == true);
  host.tree.remove("/sys/module/efa");
  CHECK(read_kernel_module(host.files, "efa").state == ModuleState::absent);
  CHECK(read_kernel_module(host.files, "efa").is_up() == false);
  CHECK(host.files.take_problems().empty());
}

TEST_CASE("a driver of the kernel's own tells no version") {
  Host host;
  host.tree.write("/sys/module/efa/initstate", "live\n").write("/sys/module/efa/taint", "\n");
  const KernelModule efa = read_kernel_module(host.files, "efa");
  CHECK(efa.state == ModuleState::live);
  CHECK(efa.version.empty());
  CHECK_FALSE(efa.is_out_of_tree());
  CHECK(host.files.take_problems().empty());
}

TEST_CASE("a module without folder is built in if it shows itself elsewhere") {
  Host host;
  host.tree.folder("/sys/module").folder("/sys/bus/pci/drivers/efa");
  CHECK(read_kernel_module(host.files, "efa").state == ModuleState::built_in);
  CHECK(read_kernel_module(host.files, "ib_uverbs").state == ModuleState::absent);
  CHECK(read_kernel_module(host.files, "gdrdrv").state == ModuleState::absent);
}

TEST_CASE("without sysfs, or without permission, nobody knows whether a module is loaded") {
  Host host;
  CHECK_FALSE(read_kernel_module(host.files, "efa").state.has_value());
  host.tree.module("efa", "3.1.0g");
  host.faulty.fail_open("initstate", EACCES);
  CHECK_FALSE(read_kernel_module(host.files, "efa").is_up().has_value());
  REQUIRE(host.files.take_problems().size() == 1);
  host.faulty.heal();
  host.tree.write("/sys/module/efa/initstate", "asleep\n");
  CHECK_FALSE(read_kernel_module(host.files, "efa").state.has_value());
}

TEST_CASE("meminfo tells of the huge pages of the default size") {
  const Hugepages some = parse_meminfo_hugepages(
      "MemTotal: 1 kB\nHugePages_Total:    5128\nHugePages_Free:     5000\n"
      "HugePages_Rsvd:       12\nHugePages_Surp: 0\nHugepagesize:       2048 kB\n");
  CHECK(some == Hugepages{2097152, {{2097152, 5128, 5000, 12}}});
  CHECK(parse_meminfo_hugepages("MemTotal: 1 kB\n") == Hugepages{});
  CHECK(parse_meminfo_hugepages("HugePages_Total: 1\n").pools.empty());
  CHECK(parse_meminfo_hugepages("HugePages_Total: x\nHugepagesize: 0 kB\n") == Hugepages{});
  CHECK(parse_meminfo_hugepages("Hugepagesize: 18446744073709551615 kB\n") == Hugepages{});
  CHECK(parse_meminfo_hugepages("HugePages_Total: -1\nHugePages_Free: 2\nHugepagesize: 4 kB") ==
        Hugepages{4096, {{4096, {}, 2, {}}}});
}

TEST_CASE("sysfs tells of the huge pages of each size, in their order") {
  Host host;
  host.tree.hugepages(1048576, 2, 1).hugepages(64, 9, 8).hugepages(2048, 4, 3);
  host.tree.folder("/sys/kernel/mm/hugepages/hugepages-xkB");
  host.tree.folder("/sys/kernel/mm/hugepages/hugepages-kB");
  const Hugepages found = read_hugepages(host.files);
  CHECK_FALSE(found.default_page_bytes.has_value());
  CHECK(found.pools == std::vector<HugepagePool>{
                           {64UL << 10U, 9, 8, 0}, {2UL << 20U, 4, 3, 0}, {1UL << 30U, 2, 1, 0}});
}

TEST_CASE("without sysfs the huge pages of meminfo are told") {
  Host host;
  host.tree.write("/proc/meminfo",
                  "HugePages_Total: 7\nHugePages_Free: 6\nHugepagesize: 2048 kB\n");
  CHECK(read_hugepages(host.files) == Hugepages{2097152, {{2097152, 7, 6, {}}}});
}

TEST_CASE("a number of huge pages that cannot be read is not 0") {
  Host host;
  host.tree.hugepages(2048, 4, 3)
      .write("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "many\n");
  host.faulty.fail_read("hugepages-2048kB/free_hugepages", EIO);
  const Hugepages found = read_hugepages(host.files);
  CHECK(found.pools == std::vector<HugepagePool>{{2UL << 20U, {}, {}, 0}});
  CHECK(host.files.take_problems().size() == 2);
}

TEST_CASE("each uverbs node belongs to a device and has its permissions") {
  Host host(HostTree::c5n_centos_7_6);
  host.tree.device("efa_1", "0xefa0").node_permissions(1, 0660);
  const auto uverbs = read_uverbs(host.files);
  REQUIRE(uverbs.has_value());
  CHECK(uverbs->has_folder);
  REQUIRE(uverbs->nodes.size() == 2);
  CHECK(uverbs->nodes[0].name == "uverbs0");
  CHECK(uverbs->nodes[0].device == "efa_0");
  REQUIRE(uverbs->nodes[0].node.has_value());
  CHECK(uverbs->nodes[0].node->is_character_device);
  CHECK(uverbs->nodes[0].node->is_open_to_all());
  REQUIRE(uverbs->nodes[1].node.has_value());
  CHECK_FALSE(uverbs->nodes[1].node->is_character_device);
  CHECK(uverbs->nodes[1].node->permissions == 0660);
  CHECK_FALSE(uverbs->nodes[1].node->is_open_to_all());
  CHECK(uverbs->nodes[1].node->is_open_to_group());
  CHECK(uverbs->count("efa_0") == 1);
  CHECK(uverbs->count("efa_2") == 0);
  CHECK(host.faulty.opens("dev/infiniband/*") == 0);
}

TEST_CASE("uverbs nodes are in the order of their numbers") {
  Host host;
  for (const char* number : {"10", "9", "0"}) {
    host.tree.write("/sys/class/infiniband_verbs/uverbs" + std::string(number) + "/ibdev", "a\n");
  }
  const auto uverbs = read_uverbs(host.files);
  REQUIRE(uverbs.has_value());
  REQUIRE(uverbs->nodes.size() == 3);
  CHECK(uverbs->nodes[1].name == "uverbs9");
  CHECK(uverbs->count("a") == 3);
  CHECK_FALSE(uverbs->has_folder);
  CHECK_FALSE(uverbs->nodes[0].node.has_value());
}

TEST_CASE("without ib_uverbs there are no nodes, without sysfs nobody knows") {
  Host host;
  auto uverbs = read_uverbs(host.files);
  REQUIRE(uverbs.has_value());
  CHECK(uverbs->nodes.empty());
  host.tree.write("/sys/class/infiniband_verbs/uverbs0/ibdev", "a\n");
  host.faulty.fail_list("infiniband_verbs", EIO);
  CHECK_FALSE(read_uverbs(host.files).has_value());
  host.faulty.heal();
  HostPaths nowhere = host.tree.paths();
  nowhere.sysfs += "/none";
  HostFiles others(host.faulty, nowhere);
  CHECK_FALSE(read_uverbs(others).has_value());
}

TEST_CASE("a process may lock so many bytes, or as many as it likes") {
  HostTree tree;
  FaultyFiles files;
  const std::string procfs = tree.paths().procfs;
  tree.memlock(7, "67108864", "unlimited");
  const auto limit = read_memlock_limit(files, procfs, 7);
  REQUIRE(limit.ok());
  CHECK(*limit == MemlockLimit{67108864, MemlockLimit::unlimited});
  CHECK(read_memlock_limit(files, procfs, 8).error().reason == Reason::absent);
  tree.write("/proc/9/limits", "Max locked memory         x y bytes\n");
  CHECK(read_memlock_limit(files, procfs, 9).error().reason == Reason::malformed);
  files.fail_open("7/limits", EACCES);
  const auto denied = read_memlock_limit(files, procfs, 7);
  CHECK(denied.error().reason == Reason::denied);
  CHECK(denied.error().context == procfs + "/7/limits");
  CHECK_FALSE(parse_memlock_limit("Max locked memory ").has_value());
  CHECK_FALSE(parse_memlock_limit("Max locked memory 1").has_value());
  CHECK_FALSE(parse_memlock_limit("").has_value());
}

TEST_CASE("ptrace is restricted by a number, or not at all") {
  Host host;
  CHECK_FALSE(read_ptrace_scope(host.files).has_value());
  host.tree.write("/proc/sys/kernel/yama/ptrace_scope", "1\n");
  CHECK(read_ptrace_scope(host.files) == 1U);
}

TEST_CASE("EFA functions are found on the bus, with and without a driver") {
  Host host(HostTree::c5n_centos_7_6);
  host.tree.write("/sys/bus/pci/devices/0000:00:01.0/vendor", "0x1d0f\n");
  host.tree.write("/sys/bus/pci/devices/0000:00:01.0/device", "0xec20\n");
  host.tree.write("/sys/bus/pci/devices/0000:00:02.0/vendor", "0x15b3\n");
  host.tree.write("/sys/bus/pci/devices/0000:00:02.0/device", "0xefa1\n");
  host.tree.write("/sys/bus/pci/devices/0000:00:03.0/vendor", "0x1d0f\n");
  host.tree.write("/sys/bus/pci/devices/0000:00:03.0/device", "0xefa3\n");
  const auto functions = read_efa_functions(host.files);
  REQUIRE(functions.has_value());
  CHECK(*functions == std::vector<PciFunction>{{"0000:00:03.0", "1d0f:efa3", ""},
                                               {"0000:00:06.0", "1d0f:efa0", "efa"}});
  CHECK(host.files.take_problems().empty());
}

TEST_CASE("without a PCI bus nobody knows of its functions") {
  Host host;
  CHECK_FALSE(read_efa_functions(host.files).has_value());
  host.tree.folder("/sys/bus/pci/devices");
  CHECK(read_efa_functions(host.files)->empty());
}

}  // namespace
}  // namespace efa::test
