#include "tests/health/made_host.h"

namespace efa::test {
namespace {

Finding judge(std::string_view code, const HealthView& view, Verdict verdict) {
  return judged(check_of(version_checks(), code), view, verdict);
}

MadeHost p5() { return MadeHost(HostTree::p5_amazon_linux_2023); }

void set_driver(HealthView& view, const std::string& version) {
  for (KernelModule& module : view.host->modules) {
    if (module.name == "efa") {
      module.version = version;
    }
  }
  change_devices(view, [&](DeviceReading& /*device*/, DeviceLayout& layout) {
    layout.attributes.driver_version = version;
  });
}

TEST_CASE("the checks of versions have codes in order and say why in a sentence") {
  keeps_the_form(version_checks(), "EFA-5");
}

TEST_CASE("a healthy host passes every check of versions, and an unseen one none") {
  passes_if_well(version_checks());
}

TEST_CASE("without any EFA no version is judged") {
  for (const Check& check : version_checks()) {
    CHECK(says(judged(check, view_without_efa(), Verdict::unknown).found, "no EFA"));
  }
}

TEST_CASE("what would be in a folder of the host that cannot be seen is unknown, not well") {
  HealthView view = p5().view();
  MadeHost host = p5();
  host.tree.remove("/opt").remove("/usr");
  PosixFiles files;
  view.host = read_host_facts(files, host.tree.paths());
  set_driver(view, "");
  for (const auto* code : {"EFA-502", "EFA-508", "EFA-509"}) {
    CHECK(says(judge(code, view, Verdict::unknown).fix, "mount the host's /opt"));
  }
  CHECK(says(judge("EFA-510", view, Verdict::unknown).fix, "mount the host's /usr"));
  host.tree.folder("/opt").folder("/usr");
  view.host = read_host_facts(files, host.tree.paths());
  set_driver(view, "");
  for (const auto* code : {"EFA-502", "EFA-508", "EFA-509", "EFA-510"}) {
    judge(code, view, Verdict::pass);
  }
}

TEST_CASE("a host of 2019 has the MPIs of its time, which are too old now") {
  const HealthView view = MadeHost(HostTree::c5n_centos_7_6).view();
  for (const Check& check : version_checks()) {
    const bool is_old = check.code == "EFA-508" || check.code == "EFA-509";
    judged(check, view, is_old ? Verdict::warn : Verdict::pass);
  }
  CHECK(says(judge("EFA-508", view, Verdict::warn).found,
             "Open MPI 3.1.4; EC2 asks for 4.1 or later now, for 3.1.4 in 2019"));
  CHECK(says(judge("EFA-509", view, Verdict::warn).found, "Intel MPI 2019.4.243; EC2 asks"));
}

TEST_CASE("a host with EFA and without libfabric is a warning") {
  MadeHost host = p5();
  host.tree.write("/opt/amazon/efa/lib64/pkgconfig/libfabric.pc", "Name: libfabric\n");
  judge("EFA-501", host.view(), Verdict::unknown);
  host.tree.remove("/opt/amazon/efa");
  const Finding missing = judge("EFA-501", host.view(), Verdict::warn);
  CHECK(says(missing.found, "no libfabric in /opt/amazon/efa"));
  CHECK(says(missing.fix, "sudo ./efa_installer.sh -y"));
  // As on a node of Kubernetes, where the images of jobs have it.
  HealthView without_installer = host.view();
  without_installer.host->efa_installer.clear();
  CHECK(says(judge("EFA-501", without_installer, Verdict::unknown).found, "containers may have"));
}

TEST_CASE("a libfabric older than both minima fails, older than one warns") {
  HealthView view = p5().view();
  view.host->libfabric = "1.6.2";
  judge("EFA-501", view, Verdict::fail);
  view.host->libfabric = "1.7.1";
  judge("EFA-501", view, Verdict::warn);
  view.host->libfabric = "1.8.0amzn1.0";
  judge("EFA-501", view, Verdict::pass);
  view.host->libfabric = "main";
  judge("EFA-501", view, Verdict::unknown);
}

TEST_CASE("the kernel's own driver where the installer was run is a warning") {
  HealthView view = p5().view();
  set_driver(view, "");
  const Finding finding = judge("EFA-502", view, Verdict::warn);
  CHECK(says(finding.found, "6.1.134-150.224.amzn2023.x86_64"));
  CHECK(says(finding.found, "EFA installer 1.41.0 was run"));
  CHECK(says(finding.fix, "dkms status efa"));
  view.host->efa_installer.clear();
  judge("EFA-502", view, Verdict::pass);
  view.host->modules.front().state = ModuleState::absent;
  judge("EFA-502", view, Verdict::unknown);
}

TEST_CASE("a driver or libfabric older than what the installer brings is a warning") {
  HealthView view = p5().view();
  view.host->efa_installer = "1.43.2";
  view.host->libfabric = "1.22.0amzn5.0";
  set_driver(view, "2.13.0g");
  CHECK(says(judge("EFA-503", view, Verdict::warn).found,
             "driver 2.13.0g, EFA installer 1.43.2, which brings 2.17.2 or later"));
  CHECK(says(judge("EFA-504", view, Verdict::warn).found, "which brings 2.1.0 or later"));
  view.host->efa_installer = "1.36.0";
  judge("EFA-503", view, Verdict::pass);
  judge("EFA-504", view, Verdict::pass);
  view.host->libfabric.clear();
  set_driver(view, "");
  judge("EFA-503", view, Verdict::unknown);
  judge("EFA-504", view, Verdict::unknown);
  view.host->efa_installer.clear();
  CHECK(says(judge("EFA-503", view, Verdict::unknown).found, "which EFA installer"));
}

TEST_CASE("a driver too old for a device fails, and says since when it is known") {
  HealthView view = p5().view();
  view.host->efa_functions->front() = {"0000:4f:00.0", "1d0f:efa3", ""};
  judge("EFA-505", view, Verdict::pass);
  set_driver(view, "2.10.0g");
  CHECK(says(judge("EFA-505", view, Verdict::fail).found,
             "driver 2.10.0g does not know 0000:4f:00.0 (1d0f:efa3, since 2.12.0)"));
  set_driver(view, "");
  judge("EFA-505", view, Verdict::unknown);
  view.host->efa_functions.reset();
  judge("EFA-505", view, Verdict::unknown);
}

TEST_CASE("NVIDIA's GPUs without a plugin on the host are unknown: containers may have it") {
  HealthView view = p5().view();
  view.host->ofi_nccl.clear();
  CHECK(says(judge("EFA-506", view, Verdict::unknown).fix, "NCCL_DEBUG=INFO"));
  judge("EFA-507", view, Verdict::unknown);
  view.host->nvidia_driver.clear();
  view.instance.instance_type = "c5n.18xlarge";
  judge("EFA-506", view, Verdict::pass);
  judge("EFA-507", view, Verdict::pass);
}

TEST_CASE("two plugins of different versions are a warning") {
  HealthView view = p5().view();
  view.host->ofi_nccl.insert(view.host->ofi_nccl.begin(), {"/usr/local/lib", "1.7.4-aws"});
  CHECK(
      says(judge("EFA-506", view, Verdict::warn).found, "1.7.4-aws in /usr/local/lib and 1.14.2"));
}

TEST_CASE("a plugin that needs a newer libfabric fails") {
  HealthView view = p5().view();
  view.host->libfabric = "1.18.1amzn1.0";
  CHECK(says(judge("EFA-507", view, Verdict::fail).found,
             "aws-ofi-nccl 1.14.2, libfabric 1.18.1amzn1.0; it needs 1.22.0 or later"));
  view.host->ofi_nccl.front().version = "1.9.1-aws";
  judge("EFA-507", view, Verdict::pass);
  view.host->ofi_nccl.front().version = "git-6e504db";
  judge("EFA-507", view, Verdict::unknown);
}

TEST_CASE("an MPI is optional, old beside new a warning, old alone a failure") {
  HealthView view = p5().view();
  view.host->open_mpi.clear();
  CHECK(says(judge("EFA-508", view, Verdict::pass).found, "optional"));
  view.host->open_mpi = {{"/opt/a", "3.1.0"}, {"/opt/b", "5.0.6"}};
  judge("EFA-508", view, Verdict::warn);
  view.host->open_mpi.pop_back();
  judge("EFA-508", view, Verdict::fail);
  view.host->open_mpi = {{"/opt/a", ""}};
  CHECK(says(judge("EFA-508", view, Verdict::unknown).found, "one without a version in /opt/a"));
  view.host->intel_mpi = {{"/opt/intel/impi/2018.1.163", "2018.1.163"}};
  judge("EFA-509", view, Verdict::fail);
  view.host->intel_mpi = {{"/opt/intel/oneapi/mpi/latest", ""}};
  judge("EFA-509", view, Verdict::unknown);
}

TEST_CASE("MLNX_OFED is a warning, and a failure where it keeps EFA's driver out") {
  HealthView view = p5().view();
  view.host->mellanox_ofed = InstalledVersion{"/usr/bin/ofed_info", "5.8-1.1.2.1"};
  CHECK(says(judge("EFA-510", view, Verdict::warn).found, "MLNX_OFED 5.8-1.1.2.1 is installed"));
  KernelModule& core = *std::find_if(view.host->modules.begin(), view.host->modules.end(),
                                     [](const auto& one) { return one.name == "ib_core"; });
  core.taint = "OE";
  CHECK(says(judge("EFA-510", view, Verdict::warn).found, "ib_core is not the kernel's own"));
  view.host->modules.front().state = ModuleState::absent;
  judge("EFA-510", view, Verdict::fail);
  view.host->mellanox_ofed.reset();
  core.taint.clear();
  core.state.reset();
  judge("EFA-510", view, Verdict::unknown);
}

}  // namespace
}  // namespace efa::test
