#include "agent/exposition/landing_page.h"

namespace efa {
namespace {

constexpr std::string_view top = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>efa-agent</title>
<style>
body { font: 16px/1.5 sans-serif; color: #222; background: #fff; margin: 2em; max-width: 60em; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: 0.2em 1.2em 0.2em 0; border-bottom: 1px solid #ccc; }
.simulated { border: 2px solid #b35900; padding: 0.5em 1em; }
.down, .stuck { color: #b00000; font-weight: bold; }
</style>
</head>
<body>
)";

// Lets what is appended be text of anyone's.
class Html {
 public:
  Html& markup(std::string_view html) {
    page_ += html;
    return *this;
  }
  Html& text(std::string_view plain) {
    for (const char c : plain) {
      escape(c);
    }
    return *this;
  }
  Html& cell(std::string_view plain) { return markup("<td>").text(plain).markup("</td>"); }
  std::string take() { return std::move(page_); }

 private:
  void escape(char c) {
    switch (c) {
      case '&':
        page_ += "&amp;";
        break;
      case '<':
        page_ += "&lt;";
        break;
      case '>':
        page_ += "&gt;";
        break;
      case '"':
        page_ += "&quot;";
        break;
      case '\'':
        page_ += "&#39;";
        break;
      default:
        page_ += c;
    }
  }

  std::string page_;
};

std::string_view word_for(DeviceState state) {
  switch (state) {
    case DeviceState::up:
      return "up";
    case DeviceState::stuck:
      return "stuck";
    case DeviceState::down:
      break;
  }
  return "down";
}

void add_banner(const LandingPage& page, Html& html) {
  if (!page.simulated_type.empty()) {
    html.markup("<p class=\"simulated\"><strong>Simulated.</strong> These are the devices of ")
        .text("no machine: efa-agent makes up those of the instance type ")
        .markup("<strong>")
        .text(page.simulated_type)
        .markup("</strong>, and every number is invented.</p>\n");
  }
}

void add_links(const LandingPage& page, Html& html) {
  html.markup("<ul>\n<li><a href=\"")
      .text(page.telemetry_path)
      .markup("\">")
      .text(page.telemetry_path)
      .markup(
          "</a>: the metrics</li>\n"
          "<li><a href=\"/healthz\">/healthz</a>: whether the process serves</li>\n"
          "<li><a href=\"/readyz\">/readyz</a>: whether the devices have been read once</li>\n"
          "</ul>\n");
}

void add_devices(const LandingPage& page, Html& html) {
  html.markup("<h2>Devices</h2>\n");
  if (page.devices.empty()) {
    html.markup("<p>No Elastic Fabric Adapter was found.</p>\n");
    return;
  }
  html.markup(
      "<table>\n<tr><th>device</th><th>PCI address</th><th>NUMA node</th><th>rate</th>"
      "<th>state</th></tr>\n");
  for (const auto& device : page.devices) {
    const std::string_view state = word_for(device.state);
    html.markup("<tr>").cell(device.name).cell(device.pci_address).cell(device.numa_node);
    html.cell(device.rate).markup("<td class=\"").markup(state).markup("\">").markup(state);
    html.markup("</td></tr>\n");
  }
  html.markup("</table>\n");
}

void add_labels(const LandingPage& page, Html& html) {
  if (page.constant_labels.empty()) {
    return;
  }
  html.markup("<h2>Labels on every series</h2>\n<table>\n");
  for (const auto& label : page.constant_labels) {
    html.markup("<tr>").cell(label.name).cell(label.value).markup("</tr>\n");
  }
  html.markup("</table>\n");
}

}  // namespace

std::string landing_page(const LandingPage& page) {
  Html html;
  html.markup(top).markup("<h1>efa-agent</h1>\n<p>Version ").text(page.version);
  html.markup(". Prometheus exporter for the Elastic Fabric Adapters of this host.</p>\n");
  add_banner(page, html);
  add_links(page, html);
  add_devices(page, html);
  add_labels(page, html);
  html.markup("</body>\n</html>\n");
  return html.take();
}

}  // namespace efa
