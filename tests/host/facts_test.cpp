#include "collectors/host/facts.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "tests/host/host_tree.h"
#include "tests/support/catch.h"
#include "tests/support/faulty_files.h"

namespace efa::test {
namespace {

namespace fs = std::filesystem;

std::string versions(const std::vector<InstalledVersion>& installed) {
  std::string text;
  for (const InstalledVersion& one : installed) {
    text.append(one.version).append(" ");
  }
  return text;
}

std::string problems(const std::vector<Error>& errors) {
  std::string text;
  for (const Error& error : errors) {
    text.append(error.message()).append("\n");
  }
  return text;
}

TEST_CASE("a p5 with Amazon Linux 2023 is known") {
  const HostTree host(HostTree::p5_amazon_linux_2023);
  FaultyFiles files;
  const HostFacts facts = read_host_facts(files, host.paths());
  CHECK(problems(facts.problems).empty());
  CHECK(facts.kernel == "6.1.134-150.224.amzn2023.x86_64");
  CHECK(facts.os ==
        OperatingSystem{"amzn", "2023", "2023.7.20250428", "Amazon Linux 2023.7.20250428"});
  CHECK(facts.efa_installer == "1.41.0");
  CHECK(facts.libfabric == "2.1.0amzn3.0");
  CHECK(versions(facts.open_mpi) == "4.1.7 5.0.6 ");
  CHECK(facts.intel_mpi.empty());
  CHECK(versions(facts.ofi_nccl) == "1.14.2 ");
  CHECK(facts.nvidia_driver == "550.163.01");
  CHECK_FALSE(facts.mellanox_ofed.has_value());
  REQUIRE(find_module(facts.modules, "efa") != nullptr);
  CHECK(find_module(facts.modules, "efa")->version == "2.17.3g");
  CHECK(find_module(facts.modules, "ib_core")->state == ModuleState::live);
  CHECK(find_module(facts.modules, "nvidia_peermem")->state == ModuleState::absent);
  CHECK(find_module(facts.modules, "other") == nullptr);
  CHECK(facts.hugepages.default_page_bytes == 2097152U);
  CHECK(facts.hugepages.pools.size() == 2);
  REQUIRE(facts.uverbs.has_value());
  CHECK(facts.uverbs->nodes.size() == 32);
  CHECK(facts.uverbs->count("rdmap201s0") == 1);
  REQUIRE(facts.efa_functions.has_value());
  CHECK(facts.efa_functions->size() == 32);
  CHECK(facts.efa_functions->front() == PciFunction{"0000:4f:00.0", "1d0f:efa1", "efa"});
  CHECK(facts.ptrace_scope == 0U);
  CHECK(files.open_descriptors() == 0);
}

TEST_CASE("a p5 with Ubuntu 22.04 is known") {
  const HostTree host(HostTree::p5_ubuntu_22_04);
  FaultyFiles files;
  const HostFacts facts = read_host_facts(files, host.paths());
  CHECK(problems(facts.problems).empty());
  CHECK(facts.os == OperatingSystem{"ubuntu", "22.04", "22.04", "Ubuntu 22.04.5 LTS"});
  CHECK(facts.libfabric == "1.22.0amzn5.0");
  CHECK(versions(facts.open_mpi) == "4.1.6 5.0.6 ");
  CHECK(versions(facts.intel_mpi) == "2021.9.0 2021.13 ");
  CHECK(versions(facts.ofi_nccl) == "1.13.2-aws ");
}

TEST_CASE("a c5n of 2019 with CentOS 7.6 is known") {
  const HostTree host(HostTree::c5n_centos_7_6);
  FaultyFiles files;
  const HostFacts facts = read_host_facts(files, host.paths());
  CHECK(problems(facts.problems).empty());
  CHECK(facts.os == OperatingSystem{"centos", "7", "7.6.1810", "CentOS Linux 7 (Core)"});
  CHECK(facts.libfabric == "1.8.0amzn1.0");
  CHECK(versions(facts.open_mpi) == "3.1.4 ");
  CHECK(versions(facts.intel_mpi) == "2019.4.243 2019.4.243 ");
  CHECK(facts.ofi_nccl.empty());
  CHECK(facts.nvidia_driver.empty());
  REQUIRE(facts.uverbs.has_value());
  CHECK(facts.uverbs->count("efa_0") == 1);
}

TEST_CASE("of a host without anything nothing is known, and nothing is a problem") {
  const HostTree host;
  FaultyFiles files;
  const HostFacts facts = read_host_facts(files, host.paths());
  CHECK(problems(facts.problems).empty());
  CHECK(facts.kernel.empty());
  CHECK(facts.os == OperatingSystem{});
  CHECK(facts.open_mpi.empty());
  CHECK_FALSE(find_module(facts.modules, "efa")->state.has_value());
  CHECK(facts.hugepages == Hugepages{});
  CHECK_FALSE(facts.efa_functions.has_value());
}

// Every file of a host, in turn something it must not be.
template <typename Break>
void break_each_file(Break break_file) {
  HostTree host(HostTree::c5n_centos_7_6);
  host.library("/opt/aws-ofi-nccl/lib/libnccl-net.so", "aws-ofi-nccl 1.2.3 ", 10, 100);
  host.write("/etc/ld.so.conf.d/a.conf", "/opt/lib\n").write("/usr/bin/ofed_info", "#!/bin/sh\n");
  std::vector<fs::path> paths;
  const HostPaths at = host.paths();
  for (const std::string& root : {at.root, at.sysfs, at.procfs}) {
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (entry.is_regular_file() && !entry.is_symlink() &&
          entry.path().string().find("hw_counters") == std::string::npos) {
        paths.push_back(entry.path());
      }
    }
  }
  REQUIRE(paths.size() > 30);
  const fs::path aside = fs::path(at.root) / "aside";
  for (const fs::path& path : paths) {
    INFO(path);
    fs::rename(path, aside);
    break_file(path);
    FaultyFiles files;
    const HostFacts facts = read_host_facts(files, host.paths());
    CHECK(facts.problems.size() <= 2);
    CHECK(files.open_descriptors() == 0);
    fs::remove_all(path);
    fs::rename(aside, path);
  }
}

TEST_CASE("a folder in the place of any file costs that file only") {
  break_each_file([](const fs::path& path) { fs::create_directory(path); });
}

TEST_CASE("an empty file in the place of any file costs that file only") {
  break_each_file([](const fs::path& path) { write_in_place(path, ""); });
}

TEST_CASE("a huge binary file in the place of any file costs that file only") {
  break_each_file(
      [](const fs::path& path) { write_in_place(path, std::string(3'000'000, '\xff')); });
}

TEST_CASE("a pipe in the place of any file holds nothing up") {
  break_each_file([](const fs::path& path) { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); });
}

TEST_CASE("an endless device in the place of any file is not read") {
  break_each_file([](const fs::path& path) { fs::create_symlink("/dev/zero", path); });
}

TEST_CASE("a link to itself in the place of any file is passed over") {
  break_each_file([](const fs::path& path) { fs::create_symlink(path.filename(), path); });
}

TEST_CASE("what must not be read is a problem with its path, told once, and the rest is known") {
  const HostTree host(HostTree::c5n_centos_7_6);
  FaultyFiles files;
  files.fail_open("etc/os-release", EACCES);
  files.fail_open("opt/intel", EACCES);
  const HostFacts facts = read_host_facts(files, host.paths());
  REQUIRE(facts.problems.size() == 2);
  CHECK(facts.problems[0].reason == Reason::denied);
  CHECK(facts.problems[0].context == host.at("/etc/os-release"));
  CHECK(facts.problems[1].context == host.at("/opt/intel"));
  CHECK(facts.os.version == "7.6.1810");
  CHECK(versions(facts.intel_mpi) == "2019.4.243 ");
  CHECK(facts.libfabric == "1.8.0amzn1.0");
}

TEST_CASE("links that lead out of the root are followed") {
  HostTree host(HostTree::p5_ubuntu_22_04);
  const TempDir elsewhere;
  write_in_place(elsewhere.path() / "os", "ID=elsewhere\n");
  host.link("/etc/os-release", elsewhere.path() / "os");
  FaultyFiles files;
  CHECK(read_host_facts(files, host.paths()).os.id == "elsewhere");
}

TEST_CASE("paths may end in a slash") {
  const HostTree host(HostTree::c5n_centos_7_6);
  HostPaths paths = host.paths();
  paths.root += '/';
  paths.sysfs += "//";
  FaultyFiles files;
  const HostFacts facts = read_host_facts(files, paths);
  CHECK(facts.open_mpi.at(0).path == host.at("/opt/amazon/openmpi"));
  CHECK(facts.efa_functions->size() == 1);
}

TEST_CASE("the state of a host is the part that changes") {
  const HostTree host(HostTree::c5n_centos_7_6);
  FaultyFiles files;
  const HostState state = read_host_state(files, host.paths(), {"efa_0"});
  CHECK(problems(state.problems).empty());
  CHECK(state.devices == std::vector<std::string>{"efa_0"});
  REQUIRE(state.modules.size() == 2);
  CHECK(state.modules[1].name == "ib_uverbs");
  CHECK(state.hugepages.pools.size() == 2);
  CHECK(state.uverbs->count("efa_0") == 1);
  CHECK(files.opens("root/*") + files.opens("opt/*") == 0);
}

}  // namespace
}  // namespace efa::test
