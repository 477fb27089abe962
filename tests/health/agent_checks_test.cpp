#include <cerrno>

#include "tests/health/made_host.h"

namespace efa::test {
namespace {

Finding judge(std::string_view code, const HealthView& view, Verdict verdict) {
  return judged(check_of(agent_checks(), code), view, verdict);
}

HealthView healthy() { return MadeHost(HostTree::p5_amazon_linux_2023).view(); }

TEST_CASE("the checks of the agent have codes in order and say why in a sentence") {
  keeps_the_form(agent_checks(), "EFA-0");
}

TEST_CASE("a healthy host passes every check of the agent, and an unseen one none") {
  passes_if_well(agent_checks());
}

TEST_CASE("an agent that does not answer fails, with its address and the reason") {
  HealthView view = healthy();
  view.agent->problem = Error::from_errno(ECONNREFUSED);
  const Finding finding = judge("EFA-001", view, Verdict::fail);
  CHECK(says(finding.found, "no answer from http://localhost:10045/: Connection refused"));
  CHECK(says(finding.fix, "sudo systemctl start efa-agent"));
}

TEST_CASE("errors of the configuration are counted and the first is told") {
  HealthView view = healthy();
  view.agent->config_errors = {"line 3, column 5: web.port is no option", "line 4: no number"};
  const Finding finding = judge("EFA-002", view, Verdict::fail);
  CHECK(says(finding.found, "2 errors in /etc/efa-agent/efa-agent.yaml: line 3, column 5"));
  CHECK(says(finding.fix, "efa-agent config check /etc/efa-agent/efa-agent.yaml"));
  view.agent->config_errors.clear();
  view.agent->config_file.clear();
  CHECK(says(judge("EFA-002", view, Verdict::pass).found, "no configuration file"));
}

TEST_CASE("a device that is down for want of permission fails, one that lacks a file warns") {
  HealthView view = healthy();
  change_devices(view, [](DeviceReading& device, const DeviceLayout& layout) {
    if (layout.attributes.name == "rdmap79s0") {
      device.problem = Problem{Reason::malformed, 0, "rx_drops"};
    }
  });
  CHECK(says(judge("EFA-003", view, Verdict::warn).found, "rdmap79s0 rx_drops (malformed)"));
  change_devices(view, [](DeviceReading& device, const DeviceLayout& layout) {
    if (layout.attributes.name == "rdmap80s0") {
      device.state = DeviceState::down;
      device.problem = Problem{Reason::denied, EACCES, ""};
    }
  });
  CHECK(says(judge("EFA-003", view, Verdict::fail).found, "rdmap80s0 (denied)"));
}

TEST_CASE("devices that do not answer are left to the checks of devices") {
  HealthView view = healthy();
  change_devices(view, [](DeviceReading& device, const DeviceLayout& /*layout*/) {
    device.state = DeviceState::stuck;
  });
  CHECK(says(judge("EFA-003", view, Verdict::unknown).found, "32 devices did not answer"));
  change_devices(view, [](DeviceReading& device, const DeviceLayout& /*layout*/) {
    device.state = DeviceState::down;
    device.problem = Problem{Reason::closed, ENODEV, ""};
  });
  judge("EFA-003", view, Verdict::unknown);
}

TEST_CASE("a list of devices that cannot be read fails") {
  HealthView view = healthy();
  auto reading = std::make_shared<Reading>();
  reading->scan_problem = Problem{Reason::denied, EACCES, "/sys/class/infiniband"};
  view.now = reading;
  CHECK(says(judge("EFA-003", view, Verdict::fail).found, "denied"));
}

TEST_CASE("a file of the host that could not be read is told with its path") {
  MadeHost host(HostTree::p5_amazon_linux_2023);
  host.tree.write("/opt/amazon/efa_installed_packages", "gibberish\n");
  HealthView view = host.view();
  const Finding finding = judge("EFA-004", view, Verdict::warn);
  CHECK(says(finding.found, "/opt/amazon/efa_installed_packages"));
  CHECK(says(finding.fix, "as root"));
  view.is_root = true;
  CHECK_FALSE(says(judge("EFA-004", view, Verdict::warn).fix, "as root"));
}

TEST_CASE("a pid namespace of its own and hidden processes are warnings") {
  HealthView view = healthy();
  view.agent->has_host_pids = false;
  CHECK(says(judge("EFA-005", view, Verdict::warn).fix, "hostPID: true"));
  view.ownership->hidden = 12;
  CHECK(says(judge("EFA-006", view, Verdict::warn).found, "12 objects"));
  view.ownership->problem = Error::from_errno(EPERM, "netlink");
  CHECK(says(judge("EFA-006", view, Verdict::warn).fix, "root"));
  view.ownership->problem = Error{Reason::unsupported, 0, "netlink"};
  CHECK(says(judge("EFA-006", view, Verdict::warn).fix, "newer kernel"));
}

TEST_CASE("fewer descriptors than counters are a warning with both numbers") {
  HealthView view = healthy();
  view.agent->descriptors = 1024;
  const Finding finding = judge("EFA-007", view, Verdict::warn);
  const std::size_t needed = 128 + 32 * std::size(hw_counters);
  CHECK(says(finding.found, "1024 files open, and the agent wants " + std::to_string(needed)));
  CHECK(says(finding.fix, "LimitNOFILE=8192"));
  view.now.reset();
  judge("EFA-007", view, Verdict::unknown);
  view.agent->descriptors = 0;
  judge("EFA-007", view, Verdict::unknown);
}

TEST_CASE("IMDS out of reach is a warning that tells the hop limit, IMDS not asked is unknown") {
  HealthView view = healthy();
  view.instance.source = IdentitySource::dmi;
  judge("EFA-008", view, Verdict::unknown);
  view.instance.problem = Error::from_errno(ETIMEDOUT);
  const Finding finding = judge("EFA-008", view, Verdict::warn);
  CHECK(says(finding.found, "known all the same: i-0123456789abcdef0, p5.48xlarge"));
  CHECK(says(finding.fix, "--instance-id i-0123456789abcdef0"));
  CHECK(says(finding.fix, "--http-put-response-hop-limit 2"));
}

TEST_CASE("the hop limit is no cure for an IMDS that is off, or throttles") {
  HealthView view = healthy();
  view.instance.problem = Error{Reason::denied, 0, "latest/api/token: HTTP status 403"};
  const Finding off = judge("EFA-008", view, Verdict::warn);
  CHECK(says(off.fix, "--http-endpoint enabled"));
  CHECK(off.fix.find("hop") == std::string::npos);
  view.instance.problem = Error{Reason::transient, 0, "ami-id: HTTP status 429"};
  const Finding throttled = judge("EFA-008", view, Verdict::warn);
  CHECK(says(throttled.fix, "throttled"));
  CHECK(throttled.fix.find("modify-instance-metadata-options") == std::string::npos);
}

TEST_CASE("the agent is judged without any EFA, too") {
  for (const Check& check : agent_checks()) {
    const bool is_of_devices = check.code == "EFA-003";
    judged(check, view_without_efa(), is_of_devices ? Verdict::unknown : Verdict::pass);
  }
}

}  // namespace
}  // namespace efa::test
