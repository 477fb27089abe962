#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collectors/engine/reading.h"

namespace efa {

/// What the page at / tells. Texts are plain; the page escapes them. An empty text is not known.
struct LandingPage {
  struct Device {
    std::string name;
    std::string pci_address;
    std::string numa_node;
    std::string rate;  // of its ports, with a unit: "100 Gbit/s"
    DeviceState state = DeviceState::down;
  };
  struct Label {
    std::string name;
    std::string value;
  };

  std::string version;
  std::string telemetry_path = "/metrics";
  std::string simulated_type;  // the instance type of --simulate; empty: the devices are real
  std::vector<Label> constant_labels;
  std::vector<Device> devices;
};

/// The HTML of the page: no script, nothing from elsewhere.
std::string landing_page(const LandingPage& page);

/// To be sent with it.
inline constexpr std::string_view landing_page_content_type = "text/html; charset=utf-8";
inline constexpr std::string_view landing_page_headers =
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n";

}  // namespace efa
