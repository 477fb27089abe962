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

void forget_interfaces(HealthView& view) {
  view.instance.interfaces.clear();
  view.instance.problem = Error{Reason::timeout, 110, "IMDS"};
}

void forget_last(HealthView& view) {
  view.instance.interfaces.erase(view.instance.interfaces.begin() + 31);
}

// As a round that IMDS throttled leaves it, or one that took too long.
void read_half(HealthView& view) {
  view.instance.interfaces.resize(15);
  view.instance.interfaces_complete = false;
}

void throttle(HealthView& view) {
  view.instance.problem = Error{Reason::transient, 0, "subnet-id: HTTP status 429"};
}

void split_subnets(HealthView& view) { view.instance.interfaces[0].subnet_id = "subnet-0"; }

void lose_mac(HealthView& view) {
  change_device(view.now, 0, [](DeviceReading& device) {
    auto layout = std::make_shared<DeviceLayout>(*device.layout);
    layout->attributes.mac.clear();
    device.layout = layout;
  });
}

void cut_link(HealthView& view) { view.ena->interfaces.front().carrier = false; }

constexpr Case cases[] = {
    {"EFA-801", passes, "the interfaces of 32 EFAs are known", "", [](HealthView&) {}},
    {"EFA-801", warns, "rdmap47s27 with a MAC", "Name=mac-address,Values=02:00:00:00:00:1f",
     forget_last},
    {"EFA-801", cannot_tell, "the MAC of rdmap16s27",
     "cat /sys/class/infiniband/rdmap16s27/ports/1/gids/0", lose_mac},
    {"EFA-801", cannot_tell, "not known: IMDS", "--http-put-response-hop-limit 2",
     forget_interfaces},
    {"EFA-801", cannot_tell, "no EFA device", "", remove_devices},
    {"EFA-801", cannot_tell, "IMDS has not told all interfaces, and not that of rdmap31s27",
     "must answer", read_half},
    {"EFA-801", cannot_tell, "has not told all interfaces, and not that of rdmap47s27", "throttled",
     [](HealthView& view) {
       forget_last(view);
       throttle(view);
     }},
    {"EFA-801", passes, "the interfaces of 32 EFAs are known", "", throttle},
    {"EFA-802", passes, "32 EFAs in vpc-1, zone use1-az4", "", [](HealthView&) {}},
    {"EFA-802", fails, "rdmap16s27 in vpc-0; rdmap17s27, rdmap18s27 and 29 more in vpc-1",
     "one VPC", [](HealthView& view) { view.instance.interfaces[0].vpc_id = "vpc-0"; }},
    {"EFA-802", cannot_tell, "1 of 32 EFAs", "169.254.169.254", forget_last},
    {"EFA-803", passes, "32 EFAs in subnet-1", "", [](HealthView&) {}},
    {"EFA-803", passes, "second generation", "", split_subnets},
    {"EFA-803", warns, "rdmap16s27 in subnet-0; ", "one subnet",
     [](HealthView& view) {
       split_subnets(view);
       view.instance.instance_type = "p4d.24xlarge";
     }},
    {"EFA-803", cannot_tell, "1 of 32 EFAs", "169.254.169.254", forget_last},
    {"EFA-804", passes, "in placement group training", "", [](HealthView&) {}},
    {"EFA-804", passes, "Capacity Block", "",
     [](HealthView& view) {
       view.instance.placement_group.clear();
       view.instance.life_cycle = "capacity-block";
     }},
    {"EFA-804", warns, "in no placement group",
     "modify-instance-placement --instance-id i-0123456789abcdef0",
     [](HealthView& view) { view.instance.placement_group.clear(); }},
    {"EFA-804", cannot_tell, "is not known", "curl",
     [](HealthView& view) {
       view.instance.placement_group.clear();
       view.instance.source = IdentitySource::dmi;
     }},
    {"EFA-804", cannot_tell, "is not known", "curl",
     [](HealthView& view) {
       view.instance.placement_group.clear();
       view.instance.problem = Error{Reason::timeout, 110, "IMDS"};
     }},
    {"EFA-805", passes, "1 ENA interface with a link", "", [](HealthView&) {}},
    {"EFA-805", warns, "ens32 without a link", "dmesg", cut_link},
    {"EFA-805", fails, "ens32 without a link, on the interface of an EFA", "ip link set ens32",
     [](HealthView& view) {
       cut_link(view);
       view.ena->interfaces.front().interface = std::make_shared<const EnaInterface>(
           EnaInterface{"ens32", "02:00:00:00:00:00", "0000:10:1a.0"});
     }},
    {"EFA-805", cannot_tell, "were not read", "", [](HealthView& view) { view.ena.reset(); }},
    {"EFA-805", cannot_tell, "no ENA interface in", "ip -br link",
     [](HealthView& view) { view.ena = EnaReading{}; }},
    {"EFA-805", cannot_tell, "no ENA interface is up", "ip -br link",
     [](HealthView& view) { view.ena->interfaces.front().carrier.reset(); }},
    {"EFA-806", passes, "was exceeded while it was watched", "", [](HealthView&) {}},
    {"EFA-806", passes, "since boot", "",
     [](HealthView& view) {
       forget_before(view);
       view.ena = made_ena(100);
     }},
    {"EFA-806", warns, "while it was watched: ens32 bw_in_allowance_exceeded 1", "checkpoints",
     [](HealthView& view) { view.ena->interfaces.front().statistics.values[0] = 1; }},
    {"EFA-806", warns, "since boot: ens32 linklocal_allowance_exceeded 101", "cache DNS",
     [](HealthView& view) {
       forget_before(view);
       view.ena->interfaces.front().statistics.values[4] = 101;
     }},
    {"EFA-806", warns, "conntrack_allowance_exceeded 7, ", "connection tracking",
     [](HealthView& view) {
       view.ena_before = made_ena(900);
       view.ena = made_ena(7);
     }},
    {"EFA-806", cannot_tell, "not read before", "--watch=10",
     [](HealthView& view) { view.ena_before.reset(); }},
    {"EFA-806", cannot_tell, "1 of 1 ENA interface did not tell", "ethtool -S ens32",
     [](HealthView& view) { view.ena->interfaces.front().statistics = {}; }},
    {"EFA-806", cannot_tell, "could not be read: ens32", "ip -br link",
     [](HealthView& view) {
       view.ena = EnaReading{};
       view.ena->problem = Error{Reason::denied, 13, "ens32"};
     }},
};

}  // namespace

TEST_CASE("checks of the placement come to every verdict they can") {
  check_cases(placement_checks(), cases,
              {{"EFA-801", {passes, warns, cannot_tell}},
               {"EFA-802", {passes, fails, cannot_tell}},
               {"EFA-803", {passes, warns, cannot_tell}},
               {"EFA-804", {passes, warns, cannot_tell}},
               {"EFA-805", {passes, warns, fails, cannot_tell}},
               {"EFA-806", {passes, warns, cannot_tell}}});
  check_group(placement_checks(), 800);
}

TEST_CASE("an ENA interface that came while it was watched has no growth") {
  HealthView view = made_c5n();
  view.ena_before = EnaReading{};
  view.ena = made_ena(5000);
  CHECK(judge(placement_checks(), "EFA-806", view).verdict == cannot_tell);
}

TEST_CASE("a host with one EFA has it in one subnet, of whatever generation") {
  CHECK(judge(placement_checks(), "EFA-803", made_c5n()).verdict == passes);
}
