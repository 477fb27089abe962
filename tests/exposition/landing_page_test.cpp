#include "agent/exposition/landing_page.h"

#include "tests/support/catch.h"

namespace {

using Catch::Matchers::Contains;
using efa::DeviceState;

efa::LandingPage page_of_two() {
  efa::LandingPage page;
  page.version = "1.2.3";
  page.telemetry_path = "/custom";
  page.devices = {{"rdmap16s27", "0000:10:1b.0", "0", "100 Gbit/s", DeviceState::up},
                  {"rdmap32s27", "0000:20:1b.0", "1", "", DeviceState::stuck}};
  page.constant_labels = {{"cluster", "alpha"}};
  return page;
}

}  // namespace

TEST_CASE("the landing page says what it is and links to the configured path") {
  const std::string html = efa::landing_page(page_of_two());
  CHECK_THAT(html, Contains("efa-agent") && Contains("1.2.3"));
  CHECK_THAT(html, Contains("<a href=\"/custom\">/custom</a>"));
  CHECK_THAT(html, Contains("href=\"/healthz\"") && Contains("href=\"/readyz\""));
}

TEST_CASE("the landing page shows devices, their state and the constant labels") {
  const std::string html = efa::landing_page(page_of_two());
  CHECK_THAT(html, Contains("<td>rdmap16s27</td><td>0000:10:1b.0</td><td>0</td>"
                            "<td>100 Gbit/s</td><td class=\"up\">up</td>"));
  CHECK_THAT(html, Contains("<td>rdmap32s27</td>") && Contains("<td class=\"stuck\">stuck</td>"));
  CHECK_THAT(html, Contains("<td>cluster</td><td>alpha</td>"));
}

TEST_CASE("the landing page says so when there is no device") {
  CHECK_THAT(efa::landing_page({}), Contains("No Elastic Fabric Adapter was found"));
}

TEST_CASE("the landing page has a banner if and only if the devices are simulated") {
  efa::LandingPage page = page_of_two();
  CHECK_THAT(efa::landing_page(page), !Contains("Simulated"));
  page.simulated_type = "p5.48xlarge";
  CHECK_THAT(efa::landing_page(page), Contains("Simulated") && Contains("p5.48xlarge"));
}

TEST_CASE("nothing of what the landing page shows can become markup") {
  const std::string evil = "<b>\"&'";
  efa::LandingPage page;
  page.version = page.telemetry_path = page.simulated_type = evil;
  page.constant_labels = {{evil, evil}};
  page.devices = {{evil, evil, evil, evil, DeviceState::down}};
  const std::string html = efa::landing_page(page);
  CHECK_THAT(html, !Contains("<b>"));
  CHECK_THAT(html, Contains("href=\"&lt;b&gt;&quot;&amp;&#39;\""));
}

TEST_CASE("the landing page runs no script, and its policy forbids any") {
  CHECK_THAT(efa::landing_page(page_of_two()), !Contains("<script") && !Contains("http"));
  CHECK_THAT(std::string(efa::landing_page_headers), Contains("default-src 'none'"));
}
