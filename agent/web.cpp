#include "agent/web.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "agent/exposition/landing_page.h"
#include "agent/version.h"
#include "collectors/base/number.h"

namespace efa {
namespace {

std::string rate_text(const DeviceAttributes& device) {
  std::string text;
  for (const PortAttributes& port : device.ports) {
    if (port.rate_bytes_per_second) {
      text += text.empty() ? "" : ", ";
      text += std::to_string(std::llround(*port.rate_bytes_per_second * 8 / 1e9)) + " Gbit/s";
    }
  }
  return text;
}

// One scrape among those that run at the same time.
class Place {
 public:
  Place(std::atomic<unsigned>& taken, unsigned limit) : taken_(taken) {
    granted_ = ++taken_ <= limit || limit == 0;
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { --taken_; }

  [[nodiscard]] bool granted() const { return granted_; }

 private:
  std::atomic<unsigned>& taken_;
  bool granted_ = false;
};

}  // namespace

std::optional<std::chrono::milliseconds> patience_of(std::string_view scrape_timeout) {
  const auto seconds = parse_leading_decimal(scrape_timeout);
  if (!seconds || *seconds <= 0) {
    return std::nullopt;
  }
  constexpr double share = 0.8;
  constexpr double longest = 3600;
  return std::chrono::milliseconds(std::llround(std::min(*seconds, longest) * share * 1000));
}

Web::Web(Agent& agent)
    : agent_(agent),
      telemetry_path_(agent.config().web.telemetry_path),
      max_requests_(agent.config().web.max_requests) {}

void Web::answer(const HttpRequest& request, HttpResponse& response) {
  if (request.path == telemetry_path_) {
    answer_scrape(request, response);
  } else if (request.path == "/") {
    answer_landing_page(response);
  } else if (request.path == "/healthz") {
    response.body = "ok\n";
  } else if (request.path == "/readyz") {
    const bool ready = agent_.last_reading() != nullptr;
    response.status = ready ? 200 : 503;
    response.body = ready ? "ready\n" : "the first reading is not done yet\n";
  } else {
    response.status = 404;
    response.body = "not found; the metrics are at " + telemetry_path_ + "\n";
  }
}

void Web::answer_scrape(const HttpRequest& request, HttpResponse& response) {
  const Place place(running_, max_requests_);
  if (!place.granted()) {
    response.status = 503;
    response.body =
        "more than " + std::to_string(max_requests_) + " scrapes at once (web.max_requests)\n";
    return;
  }
  const TextFormat format = choose_format(request.accept);
  response.content_type = content_type_of(format);
  response.extra_headers = vary_header;
  agent_.scrape(response.body, format, patience_of(request.scrape_timeout));
  if (accepts_gzip(request.accept_encoding)) {
    compress(response);
  }
}

void Web::compress(HttpResponse& response) {
  const std::lock_guard lock(gzip_mutex_);
  gzip_.compress(response.body, response.body);
  response.content_encoding = "gzip";
}

void Web::answer_landing_page(HttpResponse& response) const {
  LandingPage page;
  page.version = version();
  page.telemetry_path = telemetry_path_;
  page.simulated_type = agent_.simulated_type().value_or("");
  for (const auto& [name, value] : agent_.constant_labels()) {
    page.constant_labels.push_back({name, value});
  }
  if (const auto reading = agent_.last_reading()) {
    for (const DeviceReading& device : reading->devices) {
      const DeviceAttributes& known = device.layout->attributes;
      page.devices.push_back(
          {known.name, known.pci_address, known.numa_node, rate_text(known), device.state});
    }
  }
  response.content_type = landing_page_content_type;
  response.extra_headers = landing_page_headers;
  response.body = landing_page(page);
}

}  // namespace efa
