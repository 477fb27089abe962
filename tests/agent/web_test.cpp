#include "agent/web.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/sysfs_tree.h"

namespace {

using namespace efa;
using std::chrono::milliseconds;

struct Site {
  explicit Site(unsigned max_requests = 40) {
    tree.device("rdmap0s6").port_counter("tx_bytes", "18446744073709551615");
    config.path.sysfs = tree.root();
    config.web.max_requests = max_requests;
    config.reading.timeout = std::chrono::seconds(30);
    config.labels = {{"cluster", "a<b"}};
    agent = std::make_unique<Agent>(config, std::nullopt, 1024, Agent::Purpose::serve);
    web = std::make_unique<Web>(*agent);
  }

  HttpResponse get(std::string_view path, std::string_view accept = {},
                   std::string_view encoding = {}) const {
    HttpRequest request;
    request.method = "GET";
    request.path = path;
    request.accept = accept;
    request.accept_encoding = encoding;
    HttpResponse response;
    web->answer(request, response);
    return response;
  }

  test::SysfsTree tree;
  Config config;
  std::unique_ptr<Agent> agent;
  std::unique_ptr<Web> web;
};

}  // namespace

TEST_CASE("the telemetry path answers with a scrape in the format that was asked for") {
  const Site site;
  const HttpResponse text = site.get("/metrics");
  CHECK(text.status == 200);
  CHECK(text.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(text.body.find("efa_tx_bytes_total{device=\"rdmap0s6\",port=\"1\",cluster=\"a<b\"} "
                       "18446744073709551615\n") != std::string::npos);
  const HttpResponse openmetrics = site.get("/metrics", "application/openmetrics-text");
  CHECK(openmetrics.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8");
  CHECK(openmetrics.body.ends_with("# EOF\n"));
}

TEST_CASE("a scrape is compressed for those who accept gzip") {
  const Site site;
  const HttpResponse response = site.get("/metrics", {}, "gzip");
  CHECK(response.content_encoding == "gzip");
  CHECK(response.body.starts_with("\x1f\x8b"));
  CHECK(site.get("/metrics", {}, "gzip;q=0").content_encoding.empty());
}

TEST_CASE("the agent is ready once a first reading is done") {
  const Site site;
  CHECK(site.get("/healthz").status == 200);
  CHECK(site.get("/readyz").status == 503);
  site.get("/metrics");
  CHECK(site.get("/readyz").status == 200);
}

TEST_CASE("the landing page shows the devices, and escapes what others have named") {
  const Site site;
  site.get("/metrics");
  const HttpResponse page = site.get("/");
  CHECK(page.content_type == "text/html; charset=utf-8");
  CHECK(page.body.find("rdmap0s6") != std::string::npos);
  CHECK(page.body.find("a&lt;b") != std::string::npos);
  CHECK(page.body.find("a<b") == std::string::npos);
}

TEST_CASE("more scrapes at once than allowed are turned away, and the place is given back") {
  const Site site(1);
  // Whoever opens a pipe that nobody writes waits: one scrape stays where it is until we let it go.
  const std::string pipe =
      site.tree.root() + "/class/infiniband/rdmap0s6/ports/1/hw_counters/tx_bytes";
  std::filesystem::remove(pipe);
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);

  std::promise<int> first;
  std::once_flag answered;
  std::array<int, 2> statuses{};
  const auto ask = [&](std::size_t i) {
    statuses.at(i) = site.get("/metrics").status;
    std::call_once(answered, [&] { first.set_value(statuses.at(i)); });
  };
  std::thread one(ask, 0);
  std::thread other(ask, 1);
  CHECK(first.get_future().get() == 503);  // the other one is inside
  int writer = -1;
  while ((writer = ::open(pipe.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0) {
    std::this_thread::yield();  // it has not come as far as the pipe
  }
  one.join();
  other.join();
  ::close(writer);
  CHECK(statuses[0] + statuses[1] == 200 + 503);
  CHECK(site.get("/metrics").status == 200);
}

TEST_CASE("an unknown path is not found, and says where the metrics are") {
  const Site site;
  const HttpResponse response = site.get("/metricz");
  CHECK(response.status == 404);
  CHECK(response.body.find("/metrics") != std::string::npos);
}

TEST_CASE("the patience of a scrape is 80 % of Prometheus's time-out") {
  CHECK(patience_of("10") == milliseconds(8000));
  CHECK(patience_of("0.5") == milliseconds(400));
  CHECK(patience_of("1e9") == milliseconds(800));  // no exponents: 1, then something else
  for (const std::string_view nonsense : {"", "0", "-1", "abc", "inf", "nan"}) {
    INFO(nonsense);
    CHECK_FALSE(patience_of(nonsense));
  }
}

TEST_CASE("a new configuration changes the labels of the next scrape") {
  const Site site;
  site.get("/metrics");
  Config changed = site.agent->config();
  changed.labels = {{"cluster", "new"}};
  changed.collectors.devices = false;
  site.agent->reconfigure(changed);
  const std::string text = site.get("/metrics").body;
  CHECK(text.find("efa_tx_bytes_total{device=\"rdmap0s6\",port=\"1\",cluster=\"new\"} ") !=
        std::string::npos);
  CHECK(text.find("efa_device_up") == std::string::npos);
  CHECK(site.get("/").body.find("new") != std::string::npos);
}
