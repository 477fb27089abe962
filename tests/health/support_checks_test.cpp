#include "collectors/health/operating_systems.h"
#include "tests/health/made_host.h"

namespace efa::test {
namespace {

Finding judge(std::string_view code, const HealthView& view, Verdict verdict) {
  return judged(check_of(support_checks(), code), view, verdict);
}

TEST_CASE("the checks of support have codes in order and say why in a sentence") {
  keeps_the_form(support_checks(), "EFA-9");
}

TEST_CASE("a healthy host passes every check of support, and an unseen one none") {
  passes_if_well(support_checks());
}

TEST_CASE("systems are found by what their version begins with, number by number") {
  const auto row = [](std::string id, std::string version) {
    return find_supported_system({std::move(id), version, version, ""});
  };
  CHECK(row("amzn", "2023")->version == "2023");
  CHECK(row("amzn", "2")->in_2019);
  CHECK(row("centos", "7.6.1810")->in_2019);
  CHECK(row("rhel", "7.8") == nullptr);
  CHECK(row("rhel", "9.4")->is_now);
  CHECK(row("ubuntu", "20.04") == nullptr);
  CHECK(row("sles", "15.1") == nullptr);
  CHECK(row("sles", "15.6")->is_now);
  CHECK(row("debian", "1") == nullptr);
  CHECK(row("", "") == nullptr);
  CHECK(find_supported_system({"ubuntu", "22.04", "22.04.5", ""})->is_now);
}

TEST_CASE("a system of 2019's list alone, or of none, is a warning") {
  HealthView view = MadeHost(HostTree::c5n_centos_7_6).view();
  CHECK(says(judge("EFA-901", view, Verdict::warn).found,
             "CentOS Linux 7 (Core): on AWS's list of 2019, no longer"));
  view.host->os = {"fedora", "41", "41", ""};
  CHECK(says(judge("EFA-901", view, Verdict::warn).found, "fedora 41: on none"));
  view.host->os = {};
  judge("EFA-901", view, Verdict::unknown);
}

TEST_CASE("an instance type that is not in the table is a warning, never a failure") {
  HealthView view = MadeHost(HostTree::p5_amazon_linux_2023).view();
  CHECK(says(judge("EFA-902", view, Verdict::pass).found, "up to 32 EFAs v2 on Nitro v4"));
  view.instance.instance_type = "c5n.18xlarge";
  CHECK(
      says(judge("EFA-902", view, Verdict::pass).found, "up to 1 EFA v1 on Nitro v3, on the fir"));
  view.instance.instance_type = "p5.99xlarge";
  const Finding unknown = judge("EFA-902", view, Verdict::warn);
  CHECK(says(unknown.found, "p5.99xlarge is newer than this agent, or without EFA"));
  CHECK(says(unknown.fix, "describe-instance-types"));
}

TEST_CASE("support is judged without any EFA, too") {
  judge("EFA-901", view_without_efa(), Verdict::pass);
  judge("EFA-902", view_without_efa(), Verdict::pass);
}

}  // namespace
}  // namespace efa::test
