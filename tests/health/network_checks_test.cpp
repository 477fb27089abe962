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

// Sends, and hears nothing while it is watched.
void make_deaf(HealthView& view, std::size_t number) {
  set_counter(view.now, number, "rx_pkts", 2'000'000);
  set_counter(view.now, number, "unresponsive_remote_events", 14);
}

constexpr Case cases[] = {
    {"EFA-101", cannot_tell, "sg-1 and sg-2, whose rules cannot be seen from here",
     "aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-1,sg-2",
     [](HealthView&) {}},
    {"EFA-101", cannot_tell, "32 EFAs received packets", "\"sg-1 False -1 sg-1\"",
     [](HealthView&) {}},
    {"EFA-101", cannot_tell, "are not known",
     "describe-instances --instance-ids i-0123456789abcdef0",
     [](HealthView& view) { view.instance.interfaces.clear(); }},
    {"EFA-101", cannot_tell, "no EFA device", "", remove_devices},
    {"EFA-101", fails, "rdmap16s27 with sg-1 and sg-2 sent packets, received none in 10 s",
     "authorize-security-group-egress --group-id sg-1",
     [](HealthView& view) { make_deaf(view, 0); }},
    {"EFA-101", warns, "rdmap18s27", "--region us-east-1",
     [](HealthView& view) {
       forget_before(view);
       set_counter(view.now, 2, "rx_pkts", 0);
     }},
    {"EFA-102", passes, "32 EFAs with sg-1,sg-2", "", [](HealthView&) {}},
    {"EFA-102", warns, "rdmap19s27 with sg-9, but rdmap16s27, rdmap17s27 and 29 more",
     "modify-network-interface-attribute --network-interface-id eni-03 --groups sg-1 sg-2",
     [](HealthView& view) { view.instance.interfaces[3].security_group_ids = {"sg-9"}; }},
    {"EFA-102", cannot_tell, "of 1 of 32 EFAs are not known", "aws ec2 describe-instances",
     [](HealthView& view) { view.instance.interfaces[3].security_group_ids.clear(); }},
    {"EFA-102", cannot_tell, "no EFA device", "", remove_devices},
};

}  // namespace

TEST_CASE("checks of security groups come to every verdict they can") {
  check_cases(
      network_checks(), cases,
      {{"EFA-101", {warns, fails, cannot_tell}}, {"EFA-102", {passes, warns, cannot_tell}}});
  check_group(network_checks(), 100);
}

TEST_CASE("a device that only writes to its peers is not blamed on the security group") {
  HealthView view = made_p5();
  set_counter(view.now, 0, "rx_pkts", 2'000'000);
  CHECK(judge(network_checks(), "EFA-101", view).verdict == cannot_tell);
}

TEST_CASE("an idle device that has never sent is not blamed on the security group") {
  HealthView view = made_c5n();
  forget_before(view);
  set_counter(view.now, 0, "tx_pkts", 0);
  set_counter(view.now, 0, "rx_pkts", 0);
  const Finding finding = judge(network_checks(), "EFA-101", view);
  CHECK(finding.verdict == cannot_tell);
  CHECK(finding.found.find("received") == std::string::npos);
}

TEST_CASE("the command to see the rules is told without region and instance, too") {
  HealthView view = made_c5n();
  view.instance = {};
  const Finding finding = judge(network_checks(), "EFA-101", view);
  CHECK(finding.fix.find("--instance-ids INSTANCE_ID") != std::string::npos);
  CHECK(finding.fix.find("--region") == std::string::npos);
}
