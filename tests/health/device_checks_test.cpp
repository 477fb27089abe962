#include "collectors/health/check.h"
#include "tests/health/made_view.h"
#include "tests/support/catch.h"

using namespace efa;
using namespace efa::test;

namespace {

constexpr Verdict passes = Verdict::pass;
constexpr Verdict warns = Verdict::warn;
constexpr Verdict fails = Verdict::fail;
constexpr Verdict cannot_tell = Verdict::unknown;

void lose_last(HealthView& view) {
  change_reading(view.now, [](Reading& reading) { reading.devices.pop_back(); });
}
void boot(HealthView& view) { view.up_for = std::chrono::seconds(90); }
void hide_list(HealthView& view) {
  change_reading(view.now, [](Reading& reading) { reading.scan_problem = Problem{}; });
}

constexpr Case cases[] = {
    {"EFA-301", passes, "32 of 32 EFAs that p5.48xlarge can have", "", [](HealthView&) {}},
    {"EFA-301", passes, "32 of 32 EFAs that devices.expected asks for", "",
     [](HealthView& view) {
       view.configured_devices = 32;
       view.instance = {};
     }},
    {"EFA-301", warns, "31 of 32 EFAs", "set devices.expected to 31; else sudo modprobe",
     lose_last},
    {"EFA-301", warns, "31 of 32 EFAs", "InterfaceType=efa-only",
     [](HealthView& view) {
       lose_last(view);
       view.host->efa_functions->pop_back();
     }},
    {"EFA-301", warns, "31 of 32 EFAs that p5.48xlarge can have, 90 s after boot", "wait",
     [](HealthView& view) {
       lose_last(view);
       boot(view);
     }},
    {"EFA-301", warns, "32 of 16 EFAs", "devices.expected",
     [](HealthView& view) { view.configured_devices = 16; }},
    {"EFA-301", warns, "32 of 1 EFA that c5n.18xlarge", "update it",
     [](HealthView& view) { view.instance.instance_type = "c5n.18xlarge"; }},
    {"EFA-301", fails, "31 of 32 EFAs that devices.expected", "modprobe -a ib_uverbs efa",
     [](HealthView& view) {
       lose_last(view);
       view.configured_devices = 32;
     }},
    {"EFA-301", fails, "0 of 32 EFAs", "modprobe", remove_devices},
    {"EFA-301", cannot_tell, "32 EFAs, and how many there should be", "set devices.expected",
     [](HealthView& view) { view.instance.instance_type = "p99.48xlarge"; }},
    {"EFA-301", cannot_tell, "could not be listed", "ls", hide_list},
    {"EFA-302", passes, "the driver efa has 32 EFAs", "", [](HealthView&) {}},
    {"EFA-302", fails, "1 of 32 EFAs on the PCI bus without a driver: 0000:10:1b.0 (1d0f:efa1)",
     "sudo modprobe -a ib_uverbs efa",
     [](HealthView& view) { view.host->efa_functions->front().driver.clear(); }},
    {"EFA-302", warns, "after boot", "wait",
     [](HealthView& view) {
       view.host->efa_functions->front().driver.clear();
       boot(view);
     }},
    {"EFA-302", warns, "0000:10:1b.0 (1d0f:efa1, vfio-pci)", "driverctl",
     [](HealthView& view) { view.host->efa_functions->front().driver = "vfio-pci"; }},
    {"EFA-302", cannot_tell, "was not read", "lspci",
     [](HealthView& view) { view.host->efa_functions.reset(); }},
    {"EFA-302", cannot_tell, "no EFA on the PCI bus", "",
     [](HealthView& view) { view.host->efa_functions->clear(); }},
    {"EFA-303", passes, "32 EFAs with a driver and an RDMA device", "", [](HealthView&) {}},
    {"EFA-303", fails, "1 of 32 EFAs with a driver have no RDMA device: 0000:2f:1b.0",
     "echo 0000:2f:1b.0 | sudo tee /sys/bus/pci/drivers/efa/unbind", lose_last},
    {"EFA-303", warns, "after boot", "wait",
     [](HealthView& view) {
       lose_last(view);
       boot(view);
     }},
    {"EFA-303", cannot_tell, "has the driver efa", "EFA-302",
     [](HealthView& view) {
       for (PciFunction& function : *view.host->efa_functions) {
         function.driver.clear();
       }
     }},
    {"EFA-303", cannot_tell, "could not be listed", "", hide_list},
    {"EFA-304", passes, "32 interfaces with an EFA device", "", [](HealthView&) {}},
    {"EFA-304", fails, "1 EFA-only interface without a device: eni-1f (02:00:00:00:00:1f)",
     "aws ec2 stop-instances --instance-ids i-0123456789abcdef0", lose_last},
    {"EFA-304", warns, "after boot", "wait",
     [](HealthView& view) {
       lose_last(view);
       boot(view);
     }},
    {"EFA-304", cannot_tell, "not known from IMDS", "",
     [](HealthView& view) { view.instance.interfaces.clear(); }},
    {"EFA-304", cannot_tell, "IMDS has not told all interfaces; 14 have an EFA device",
     "must answer",
     [](HealthView& view) {
       view.instance.interfaces.resize(14);
       view.instance.interfaces_complete = false;
     }},
    {"EFA-304", cannot_tell, "IMDS has not told all interfaces", "throttled",
     [](HealthView& view) {
       view.instance.problem = Error{Reason::transient, 0, "subnet-id: HTTP status 429"};
     }},
    {"EFA-304", fails, "1 EFA-only interface without a device: eni-1f", "stop-instances",
     [](HealthView& view) {
       lose_last(view);
       view.instance.interfaces_complete = false;
     }},
    {"EFA-304", cannot_tell, "ENAs is not known", "", [](HealthView& view) { view.ena.reset(); }},
    {"EFA-304", cannot_tell, "no interface of the instance", "",
     [](HealthView& view) {
       remove_devices(view);
       view.instance.interfaces.erase(view.instance.interfaces.begin(),
                                      view.instance.interfaces.end() - 1);
     }},
    {"EFA-305", passes, "no RDMA device besides", "", [](HealthView&) {}},
    {"EFA-305", passes, "ibp198s0 and ibp199s0 are no EFA", "",
     [](HealthView& view) {
       view.other_devices = {"ibp198s0", "ibp199s0"};
     }},
    {"EFA-305", cannot_tell, "not looked at", "ls",
     [](HealthView& view) { view.other_devices.reset(); }},
};

}  // namespace

TEST_CASE("checks of devices come to every verdict they can") {
  check_cases(device_checks(), cases,
              {{"EFA-301", {passes, warns, fails, cannot_tell}},
               {"EFA-302", {passes, warns, fails, cannot_tell}},
               {"EFA-303", {passes, warns, fails, cannot_tell}},
               {"EFA-304", {passes, warns, fails, cannot_tell}},
               {"EFA-305", {passes, cannot_tell}}});
  check_group(device_checks(), 300);
}

TEST_CASE("a host that is meant to have no EFA passes without one") {
  HealthView view = made_p5();
  remove_devices(view);
  view.configured_devices = 0;
  CHECK(judge(device_checks(), "EFA-301", view).verdict == passes);
}

TEST_CASE("an interface without addresses that is an ENA is no lost EFA") {
  HealthView view = made_c5n();
  view.instance.interfaces.back().has_addresses = false;
  CHECK(judge(device_checks(), "EFA-304", view).verdict == passes);
}

TEST_CASE("an interface with addresses is no lost EFA, even out of sight in another namespace") {
  HealthView view = made_c5n();
  view.ena = EnaReading{};
  CHECK(judge(device_checks(), "EFA-304", view).verdict == passes);
}
