#include <cerrno>

#include "collectors/host/efa_software.h"
#include "collectors/host/mpi_versions.h"
#include "collectors/host/nccl_plugin.h"
#include "collectors/host/operating_system.h"
#include "collectors/host/text_search.h"
#include "tests/host/host_tree.h"
#include "tests/support/catch.h"
#include "tests/support/faulty_files.h"

namespace efa::test {
namespace {

using Installed = std::vector<InstalledVersion>;

struct Host {
  HostTree tree;
  FaultyFiles faulty;
  HostFiles files{faulty, tree.paths()};

  [[nodiscard]] std::string at(std::string_view path) const { return tree.at(path); }
  Reason only_problem(std::string_view path) {
    const auto problems = files.take_problems();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].context == at(path));
    return problems[0].reason;
  }
};

TEST_CASE("os-release is read as a shell would, whatever the order and quotes") {
  const auto os = parse_os_release(
      "# comment\nID='rhel'\n\nVERSION_ID=9.4\r\nPRETTY_NAME=\"a \\\"b\\\" \\$c\"\nBUG_ID=x\nno\n");
  CHECK(os == OperatingSystem{"rhel", "9.4", "9.4", "a \"b\" $c"});
  CHECK(parse_os_release("ID=a\nID=b\n").id == "b");
  CHECK(parse_os_release("ID=\"\nVERSION_ID=\"\"\n").version_id.empty());
  CHECK(parse_os_release("PRETTY_NAME=\"\\\"\n").pretty_name == "\\");
  CHECK(parse_os_release({}) == OperatingSystem{});
}

TEST_CASE("bytes that cannot be shown are no name of an operating system") {
  CHECK(parse_os_release("ID=\xff\xfe\nPRETTY_NAME=a\tb\nVERSION_ID=7\n") ==
        OperatingSystem{"", "7", "7", ""});
  CHECK(parse_os_release("ID=" + std::string(5000, 'x')).id.empty());
  CHECK(parse_system_release("CentOS\x01 release 6") == OperatingSystem{});
}

TEST_CASE("the release line of an old system tells its name and version") {
  CHECK(parse_system_release("CentOS release 6.10 (Final)") ==
        OperatingSystem{"centos", "6.10", "6.10", "CentOS release 6.10 (Final)"});
  CHECK(parse_system_release("Red Hat Enterprise Linux Server release 7.6 (Maipo)").id == "rhel");
  CHECK(parse_system_release("Something release").version.empty());
  Host host;
  host.tree.write("/etc/redhat-release", "CentOS release 6.10 (Final)\n");
  CHECK(read_operating_system(host.files).version_id == "6.10");
  CHECK(host.files.take_problems().empty());
}

TEST_CASE("the release line refines the version, but only if it is of the same") {
  Host host;
  host.tree.write("/etc/os-release", "ID=centos\nVERSION_ID=7\n");
  host.tree.write("/etc/system-release", "CentOS Linux release 7.6.1810 (Core) \n");
  CHECK(read_operating_system(host.files).version == "7.6.1810");
  host.tree.write("/etc/system-release", "CentOS Linux release 77.1 (Core)\n");
  CHECK(read_operating_system(host.files).version == "7");
}

TEST_CASE("os-release is also looked for below /usr/lib") {
  Host host;
  host.tree.write("/etc/os-release", "");
  host.tree.write("/usr/lib/os-release", "ID=debian\n");
  CHECK(read_operating_system(host.files).id == "debian");
}

TEST_CASE("the kernel's release is one line of text, else nothing") {
  Host host;
  CHECK(read_kernel_release(host.files).empty());
  CHECK(host.files.take_problems().empty());
  host.tree.write("/proc/sys/kernel/osrelease", "5.10\n");
  CHECK(read_kernel_release(host.files) == "5.10");
  host.tree.write("/proc/sys/kernel/osrelease", "5.10\n6\n");
  CHECK(read_kernel_release(host.files).empty());
  CHECK(host.only_problem("/proc/sys/kernel/osrelease") == Reason::malformed);
}

TEST_CASE("the installer's version is in the first line only") {
  CHECK(parse_installer_version("# EFA installer version: 1.30.0\n# x\n") == "1.30.0");
  CHECK(parse_installer_version("EFA installer version: 1.30.0") == "1.30.0");
  CHECK(parse_installer_version("# Packages\n# EFA installer version: 1.30.0\n").empty());
  CHECK(parse_installer_version("# EFA installer version: \n").empty());
  CHECK(parse_installer_version("# EFA installer version: latest\n").empty());
  CHECK(parse_installer_version("# EFA installer version: 1.3\xff\n").empty());
}

TEST_CASE("the installer's older file is read where the newer is missing or says nothing") {
  Host host;
  host.tree.write("/opt/amazon/efa/installed_packages", "# EFA installer version: 1.5.0\n");
  CHECK(read_installer_version(host.files) == "1.5.0");
  CHECK(host.files.take_problems().empty());
  host.tree.write("/opt/amazon/efa_installed_packages", "");
  CHECK(read_installer_version(host.files) == "1.5.0");
  CHECK(host.only_problem("/opt/amazon/efa_installed_packages") == Reason::malformed);
  host.tree.write("/opt/amazon/efa_installed_packages", "# EFA installer version: 1.43.0\n");
  CHECK(read_installer_version(host.files) == "1.43.0");
}

TEST_CASE("a pkg-config file tells its version") {
  CHECK(parse_pkg_config_version("Name: a\nVersion: 1.22.0amzn1.0\n") == "1.22.0amzn1.0");
  CHECK(parse_pkg_config_version("Version:2.1\n") == "2.1");
  CHECK(parse_pkg_config_version("Version: ${version}\n").empty());
  CHECK(parse_pkg_config_version("Versions: 1\n").empty());
  CHECK(parse_pkg_config_version("Version: 1.2 beta\n").empty());
  CHECK(parse_pkg_config_version("").empty());
}

TEST_CASE("no libfabric is no problem, one that cannot be read is") {
  Host host;
  CHECK(read_libfabric_version(host.files).empty());
  CHECK(host.files.take_problems().empty());
  host.tree.write("/opt/amazon/efa/lib64/pkgconfig/libfabric.pc", "Version: 1.2\n");
  host.faulty.fail_open("libfabric.pc", EACCES);
  CHECK(read_libfabric_version(host.files).empty());
  CHECK(host.only_problem("/opt/amazon/efa/lib64/pkgconfig/libfabric.pc") == Reason::denied);
}

TEST_CASE("Open MPI's header tells a version only if all of it is there") {
  CHECK(parse_open_mpi_header("#define OMPI_MAJOR_VERSION 4\n#define OMPI_MINOR_VERSION 1\n"
                              "#define OMPI_RELEASE_VERSION   6\n") == "4.1.6");
  CHECK(parse_open_mpi_header("#define OMPI_MAJOR_VERSION 4\n#define OMPI_MINOR_VERSION 1\n")
            .empty());
  CHECK(parse_open_mpi_header("#define OMPI_MAJOR_VERSION x\n#define OMPI_MINOR_VERSION 1\n"
                              "#define OMPI_RELEASE_VERSION 6\n")
            .empty());
  CHECK(parse_open_mpi_header("#define OMPI_MAJOR_VERSION4 4\n").empty());
  CHECK(parse_open_mpi_header("").empty());
}

TEST_CASE("every Open MPI of the installer is found, one without a version, too") {
  Host host;
  host.tree.write("/opt/amazon/openmpi5/lib/pkgconfig/ompi.pc", "Version: 5.0.6\n");
  std::string header(200'000, '\n');
  header.append("#define OMPI_MAJOR_VERSION 4\n#define OMPI_MINOR_VERSION 1\n");
  header.append("#define OMPI_RELEASE_VERSION 7\n");
  host.tree.write("/opt/amazon/openmpi/include/mpi.h", header);
  host.tree.folder("/opt/amazon/openmpi40");
  host.tree.write("/opt/amazon/openmpi.txt", "a file");
  host.tree.folder("/opt/amazon/efa");
  CHECK(read_open_mpi(host.files) == Installed{{host.at("/opt/amazon/openmpi40"), ""},
                                               {host.at("/opt/amazon/openmpi"), "4.1.7"},
                                               {host.at("/opt/amazon/openmpi5"), "5.0.6"}});
}

TEST_CASE("Intel MPI is found by the names of folders, wherever they are Intel's") {
  Host host;
  CHECK(read_intel_mpi(host.files).empty());
  host.tree.folder("/opt/intel/impi/2019.4.243").folder("/opt/intel/impi/2019");
  host.tree.folder("/opt/intel/compilers_and_libraries_2019.5.281/linux/mpi");
  host.tree.folder("/opt/intel/compilers_and_libraries_2018.1.163/linux/mkl");
  host.tree.folder("/opt/intel/oneapi/mpi/2021.9.0").folder("/opt/intel/oneapi/mpi/2021.10.0");
  host.tree.write("/opt/intel/oneapi/mpi/2021.11", "a file");
  host.tree.link("/opt/intel/oneapi/mpi/latest", "2021.10.0");
  CHECK(
      read_intel_mpi(host.files) ==
      Installed{{host.at("/opt/intel/impi/2019.4.243"), "2019.4.243"},
                {host.at("/opt/intel/compilers_and_libraries_2019.5.281/linux/mpi"), "2019.5.281"},
                {host.at("/opt/intel/oneapi/mpi/2021.9.0"), "2021.9.0"},
                {host.at("/opt/intel/oneapi/mpi/2021.10.0"), "2021.10.0"}});
  CHECK(host.files.take_problems().empty());
}

TEST_CASE("the latest oneAPI may be elsewhere, or nowhere") {
  Host host;
  host.tree.folder("/shared/mpi/2021.14");
  host.tree.link("/opt/intel/oneapi/mpi/latest", host.tree.at("/shared/mpi/2021.14/"));
  CHECK(read_intel_mpi(host.files) ==
        Installed{{host.at("/opt/intel/oneapi/mpi/latest"), "2021.14"}});
  host.tree.remove("/shared/mpi");
  CHECK(read_intel_mpi(host.files).empty());
  host.tree.link("/opt/intel/oneapi/mpi/latest", "latest");
  CHECK(read_intel_mpi(host.files).empty());
  CHECK(host.files.take_problems().empty());
}

TEST_CASE("the NVIDIA driver's version is the first that looks like one") {
  CHECK(parse_nvidia_version("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu Oct "
                             "19 18:56:32 UTC 2023\nGCC version: 11.4.0\n") == "535.129.03");
  CHECK(parse_nvidia_version("NVRM version: none\nGCC version: 11.4.0\n").empty());
  CHECK(parse_nvidia_version("").empty());
  Host host;
  host.tree.write("/proc/driver/nvidia/version", "NVRM version: Kernel Module  418.87.01  x\n");
  CHECK(read_nvidia_version(host.files) == "418.87.01");
  host.tree.module("nvidia", "550.1.2");
  CHECK(read_nvidia_version(host.files) == "550.1.2");
}

TEST_CASE("Mellanox's stack is known by its script") {
  Host host;
  CHECK_FALSE(read_mellanox_ofed(host.files).has_value());
  host.tree.write("/usr/bin/ofed_info", "#!/bin/bash\necho nothing\n");
  auto ofed = read_mellanox_ofed(host.files);
  REQUIRE(ofed.has_value());
  CHECK(ofed->version.empty());
  host.tree.write("/usr/bin/ofed_info", "#!/bin/bash\necho MLNX_OFED_LINUX-5.8-3.0.7.0:\n");
  ofed = read_mellanox_ofed(host.files);
  REQUIRE(ofed.has_value());
  CHECK(ofed->version == "5.8-3.0.7.0");
}

std::string found_word(Host& host, std::string_view path, std::string_view marker,
                       std::uint64_t limit = 1U << 30U) {
  const auto word = find_word_after(host.files, host.tree.at(path), marker, limit);
  return word ? *word : "none: " + std::string(to_string(word.error().reason));
}

TEST_CASE("a word is found wherever pieces of the file meet") {
  Host host;
  constexpr std::size_t piece = 64UL * 1024;
  const std::string_view text("aws-ofi-nccl 1.13.2-aws\0", 24);
  for (std::size_t offset = piece - 100; offset < piece + 3; ++offset) {
    host.tree.library("/lib.so", text, offset, 3 * piece);
    INFO(offset);
    REQUIRE(found_word(host, "/lib.so", "aws-ofi-nccl ") == "1.13.2-aws");
  }
}

TEST_CASE("a marker without a word behind it is passed over") {
  Host host;
  host.tree.write("/lib.so", "v %s v  v -1 v " + std::string(65, 'x') + " vv 2.0");
  CHECK(found_word(host, "/lib.so", "v ") == "2.0");
  host.tree.write("/lib.so", "v " + std::string(64, 'x'));
  CHECK(found_word(host, "/lib.so", "v ") == std::string(64, 'x'));
  host.tree.write("/lib.so", "v " + std::string(500'000, 'x') + "v 7");
  CHECK(found_word(host, "/lib.so", "v ") == "7");
}

TEST_CASE("nothing is found in an empty file, at its end, and behind the limit") {
  Host host;
  host.tree.write("/lib.so", "");
  CHECK(found_word(host, "/lib.so", "v ") == "none: absent");
  host.tree.write("/lib.so", "v ");
  CHECK(found_word(host, "/lib.so", "v ") == "none: absent");
  host.tree.library("/lib.so", "v 1.2", 200'000, 300'000);
  CHECK(found_word(host, "/lib.so", "v ", 200'000) == "none: absent");
  CHECK(found_word(host, "/lib.so", "v ", 200'005) == "1.2");
  CHECK(found_word(host, "/none.so", "v ") == "none: absent");
  CHECK(host.files.take_problems().empty());
}

TEST_CASE("a library that is a folder or a device is not read") {
  Host host;
  host.tree.folder("/lib.so");
  CHECK(found_word(host, "/lib.so", "v ") == "none: malformed");
  host.tree.link("/lib.so", "/dev/zero");
  CHECK(found_word(host, "/lib.so", "v ") == "none: malformed");
  CHECK(host.faulty.opens("lib.so") == 0);
}

TEST_CASE("the plugin is found through the loader's configuration, each file once") {
  Host host;
  const std::string_view text("Initializing aws-ofi-nccl git-6e504db\0", 38);
  host.tree.write("/etc/ld.so.conf.d/b.conf", "# comment\nrelative\n/elsewhere/lib\n\n/none\n");
  host.tree.write("/etc/ld.so.conf.d/ignored.bak", "/opt/other\n");
  host.tree.library("/elsewhere/lib/libnccl-net-ofi.so", text, 1000, 2000);
  host.tree.link("/elsewhere/lib/libnccl-net.so", "libnccl-net-ofi.so");
  host.tree.library("/opt/other/libnccl-net.so", text, 0, 2000);
  host.tree.library("/opt/amazon/ofi-nccl/lib64/libnccl-net.so",
                    std::string_view("aws-ofi-nccl 1.16.3\0", 20), 10, 100);
  host.tree.write("/opt/aws-ofi-nccl/lib/libnccl-net.so", "somebody else's");
  CHECK(read_ofi_nccl(host.files) ==
        Installed{{host.at("/elsewhere/lib/libnccl-net.so"), "git-6e504db"},
                  {host.at("/opt/amazon/ofi-nccl/lib64/libnccl-net.so"), "1.16.3"}});
}

}  // namespace
}  // namespace efa::test
