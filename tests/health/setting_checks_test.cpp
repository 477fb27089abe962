#include "collectors/health/environment_rules.h"
#include "tests/health/made_host.h"

namespace efa::test {
namespace {

Finding judge(std::string_view code, const HealthView& view, Verdict verdict) {
  return judged(check_of(setting_checks(), code), view, verdict);
}

HealthView healthy() { return MadeHost(HostTree::p5_amazon_linux_2023).view(); }

// What the caller's check of a variable says of a value.
Finding judge(std::string_view code, std::string variable, std::string value, Verdict verdict,
              HealthView view = healthy()) {
  view.caller_environment = Environment{{std::move(variable), std::move(value)}};
  return judge(code, view, verdict);
}

void set_p2p(HealthView& view, const std::string& provider) {
  change_devices(view, [&](DeviceReading& /*device*/, DeviceLayout& layout) {
    layout.attributes.p2p = provider;
  });
}

TEST_CASE("the checks of settings have codes in order and say why in a sentence") {
  keeps_the_form(setting_checks(), "EFA-6");
}

TEST_CASE("a healthy host passes every check of settings, and an unseen one none") {
  passes_if_well(setting_checks());
}

TEST_CASE("a host of 2019 passes the checks of settings") {
  const HealthView view = MadeHost(HostTree::c5n_centos_7_6).view();
  for (const Check& check : setting_checks()) {
    judged(check, view, Verdict::pass);
  }
}

TEST_CASE("without any EFA no setting is judged") {
  for (const Check& check : setting_checks()) {
    CHECK(says(judged(check, view_without_efa(), Verdict::unknown).found, "no EFA"));
  }
}

TEST_CASE("no provider of GPUDirect is a warning where there are accelerators with RDMA") {
  HealthView view = healthy();
  CHECK(says(judge("EFA-601", view, Verdict::pass).found, "NVIDIA"));
  set_p2p(view, "");
  view.host->kernel = "5.11.22-1.amzn2.x86_64";
  const Finding old_kernel = judge("EFA-601", view, Verdict::warn);
  CHECK(says(old_kernel.found, "nvidia h100"));
  CHECK(says(old_kernel.found, "kernel 5.11.22-1.amzn2.x86_64 has no dma-buf"));
  view.host->nvidia_driver.clear();
  const Finding without_driver = judge("EFA-601", view, Verdict::warn);
  CHECK(says(without_driver.found, "NVIDIA's driver is not loaded"));
  CHECK(says(without_driver.fix, "sudo modprobe efa_nv_peermem"));
  view.instance.instance_type = "g5.48xlarge";
  CHECK(says(judge("EFA-601", view, Verdict::pass).found, "has no RDMA"));
  view.instance.instance_type = "hpc7a.96xlarge";
  CHECK(says(judge("EFA-601", view, Verdict::pass).found, "no accelerator"));
  view.instance.instance_type.clear();
  judge("EFA-601", view, Verdict::unknown);
}

TEST_CASE("a kernel with dma-buf needs no provider, so that GPUDirect is not known without one") {
  HealthView view = healthy();
  set_p2p(view, "");
  for (const auto* kernel : {"5.12.0", "6.1.134-150.224.amzn2023.x86_64", ""}) {
    view.host->kernel = kernel;
    const Finding finding = judge("EFA-601", view, Verdict::unknown);
    CHECK(says(finding.found, "whether dma-buf is used cannot be seen"));
    CHECK(says(finding.fix, "NCCL_DEBUG=INFO"));
  }
  // Neuron's driver is its own provider.
  view.instance.instance_type = "trn1.32xlarge";
  judge("EFA-601", view, Verdict::warn);
}

TEST_CASE("a driver that does not show its provider leaves GPUDirect unknown") {
  HealthView view = healthy();
  set_p2p(view, "");
  for (const std::string version : {"2.5.0g", ""}) {
    view.host->modules.front().version = version;
    change_devices(view, [&](DeviceReading& /*device*/, DeviceLayout& layout) {
      layout.attributes.driver_version = version;
    });
    judge("EFA-601", view, Verdict::unknown);
  }
}

TEST_CASE("devices that differ in their provider are a warning") {
  HealthView view = healthy();
  change_devices(view, [](DeviceReading& /*device*/, DeviceLayout& layout) {
    layout.attributes.p2p = layout.attributes.name == "rdmap79s0" ? "" : "NVIDIA";
  });
  CHECK(says(judge("EFA-601", view, Verdict::warn).found, "none on rdmap79s0"));
}

TEST_CASE("FI_PROVIDER has to let efa in") {
  for (const auto* good : {"efa", "EFA", "shm,efa", "efa;ofi_rxr", "^tcp,sockets", ""}) {
    judge("EFA-602", "FI_PROVIDER", good, Verdict::pass);
  }
  for (const auto* bad : {"tcp", "sockets", "tcp;ofi_rxm", "^efa", "^tcp,efa"}) {
    CHECK(says(judge("EFA-602", "FI_PROVIDER", bad, Verdict::fail).fix, "export FI_PROVIDER=efa"));
  }
}

TEST_CASE("the environment of the agent's container is no job's") {
  HealthView view = healthy();
  view.is_in_container = true;
  for (const Check& check : setting_checks()) {
    if (check.code != "EFA-601" && check.code != "EFA-609") {
      CHECK(says(judged(check, view, Verdict::unknown).fix, "where the job runs"));
    }
  }
  judge("EFA-602", "FI_PROVIDER", "tcp", Verdict::unknown, view);
  judge("EFA-609", view, Verdict::pass);
}

TEST_CASE("a list that may have been cut is not judged") {
  judge("EFA-602", "FI_PROVIDER", std::string(longest_value, 'x'), Verdict::pass);
}

TEST_CASE("FI_EFA_USE_DEVICE_RDMA has to fit the instance type") {
  const std::string name = "FI_EFA_USE_DEVICE_RDMA";
  judge("EFA-603", name, "1", Verdict::pass);
  CHECK(says(judge("EFA-603", name, "0", Verdict::warn).found, "p5.48xlarge has RDMA"));
  judge("EFA-603", name, "maybe", Verdict::fail);
  const HealthView c5n = MadeHost(HostTree::c5n_centos_7_6).view();
  judge("EFA-603", name, "off", Verdict::pass, c5n);
  CHECK(says(judge("EFA-603", name, "true", Verdict::fail, c5n).found, "c5n.18xlarge has no RDMA"));
}

TEST_CASE("FI_EFA_FORK_SAFE is a warning where there are huge pages to be used") {
  const std::string name = "FI_EFA_FORK_SAFE";
  CHECK(says(judge("EFA-604", name, "1", Verdict::warn).found, "5128 huge pages of 2 MiB"));
  judge("EFA-604", name, "0", Verdict::pass);
  HealthView view = healthy();
  view.host->hugepages.pools.clear();
  judge("EFA-604", name, "1", Verdict::pass, view);
}

TEST_CASE("I_MPI_FABRICS has to name ofi") {
  for (const auto* good : {"ofi", "shm:ofi"}) {
    judge("EFA-605", "I_MPI_FABRICS", good, Verdict::pass);
  }
  judge("EFA-605", "I_MPI_FABRICS", "shm:tcp", Verdict::warn);
  CHECK(says(judge("EFA-605", "I_MPI_FABRICS", "shm", Verdict::warn).found, "no other host"));
}

TEST_CASE("RDMAV_FORK_SAFE is on whatever its value, as libibverbs has it") {
  CHECK(says(judge("EFA-604", "RDMAV_FORK_SAFE", "0", Verdict::warn).fix, "unset RDMAV_FORK_SAFE"));
  HealthView view = healthy();
  view.host->hugepages.pools.clear();
  judge("EFA-604", "RDMAV_FORK_SAFE", "1", Verdict::pass, view);
}

TEST_CASE("I_MPI_OFI_PROVIDER has to be efa") {
  judge("EFA-605", "I_MPI_OFI_PROVIDER", "efa", Verdict::pass);
  CHECK(says(judge("EFA-605", "I_MPI_OFI_PROVIDER", "tcp", Verdict::warn).fix,
             "export I_MPI_OFI_PROVIDER=efa"));
}

TEST_CASE("shared memory that is turned off is a warning") {
  judge("EFA-606", "FI_EFA_ENABLE_SHM_TRANSFER", "1", Verdict::pass);
  judge("EFA-606", "FI_EFA_ENABLE_SHM_TRANSFER", "0", Verdict::warn);
}

TEST_CASE("FI_EFA_IFACE that leaves devices out warns, and fails if it names none of this host") {
  judge("EFA-607", "FI_EFA_IFACE", "all", Verdict::pass);
  CHECK(says(judge("EFA-607", "FI_EFA_IFACE", "rdmap79s0,rdmap80s0", Verdict::warn).found,
             "uses 2 of 32 EFAs"));
  CHECK(says(judge("EFA-607", "FI_EFA_IFACE", "rdmap79s0,efa_0", Verdict::fail).found,
             "no EFA here: efa_0"));
  const HealthView c5n = MadeHost(HostTree::c5n_centos_7_6).view();
  judge("EFA-607", "FI_EFA_IFACE", "efa_0", Verdict::pass, c5n);
}

TEST_CASE("queues too short to keep a device busy are a warning") {
  judge("EFA-608", "FI_EFA_TX_SIZE", "0", Verdict::pass);
  judge("EFA-608", "FI_EFA_TX_SIZE", "8192", Verdict::pass);
  judge("EFA-608", "FI_EFA_TX_SIZE", "8", Verdict::warn);
  CHECK(says(judge("EFA-608", "FI_EFA_RX_SIZE", "many", Verdict::warn).fix, "FI_EFA_RX_SIZE"));
}

TEST_CASE("what owners were started with is told with the process, the worst first to be mended") {
  HealthView view = healthy();
  view.holders[0].environment = Environment{{"FI_EFA_ENABLE_SHM_TRANSFER", "0"}};
  judge("EFA-609", view, Verdict::warn);
  view.holders[1].environment = Environment{{"FI_PROVIDER", "tcp"}};
  const Finding finding = judge("EFA-609", view, Verdict::fail);
  CHECK(says(finding.found, "slurm:1234.0 (python3, pid 77): FI_EFA_ENABLE_SHM_TRANSFER=0"));
  CHECK(says(finding.found, "slurm:1234.0 (python3, pid 78): FI_PROVIDER=tcp"));
  CHECK(says(finding.fix, "export FI_PROVIDER=efa"));
}

TEST_CASE("an owner's environment that may not be read is unknown, unless another one is bad") {
  HealthView view = healthy();
  view.holders[0].environment.reset();
  CHECK(says(judge("EFA-609", view, Verdict::unknown).found, "1 of 2 processes"));
  view.holders[1].environment = Environment{{"I_MPI_FABRICS", "tcp"}};
  judge("EFA-609", view, Verdict::warn);
  view.holders.clear();
  judge("EFA-609", view, Verdict::unknown);
}

TEST_CASE("every variable with a rule is one that may be read") {
  for (const EnvironmentRule& rule : environment_rules()) {
    CHECK(std::find(readable_variables.begin(), readable_variables.end(), rule.variable) !=
          readable_variables.end());
  }
}

}  // namespace
}  // namespace efa::test
