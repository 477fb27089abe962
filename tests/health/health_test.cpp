#include "collectors/health.h"

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "tests/health/made_view.h"
#include "tests/support/recording_sink.h"

namespace efa::test {
namespace {

// A p5 that is scraped; `look` is what the other collectors know.
struct ScrapedHost {
  HealthView look = made_p5();
  Reading reading = *made_p5().before;
  unsigned looks = 0;
  std::shared_ptr<Health::History> history = std::make_shared<Health::History>();
  std::unique_ptr<Health> health = made();

  std::unique_ptr<Health> made() {
    const auto look_now = [this](const Reading&) {
      ++looks;
      HealthView view = look;
      forget_before(view);
      view.now.reset();
      return view;
    };
    return std::make_unique<Health>(look_now, history);
  }
  void reload() { health = made(); }

  std::unique_ptr<RecordingSink> scrape(std::chrono::nanoseconds later) {
    reading.started += later;
    auto sink = std::make_unique<RecordingSink>();
    CHECK(health->collect(reading, *sink));
    CHECK(sink->series_are_unique());
    return sink;
  }
};

std::optional<double> value(const std::unique_ptr<RecordingSink>& sink, const std::string& code,
                            const std::string& severity) {
  const auto* series =
      sink->find("efa_health_check", "code=\"" + code + "\",severity=\"" + severity + "\"");
  return series == nullptr ? std::nullopt : std::optional(series->value);
}

constexpr std::chrono::seconds at_once{0};
constexpr std::optional<double> absent;

TEST_CASE("a check that passes is 0, of the worst that it can come to") {
  ScrapedHost host;
  const auto sink = host.scrape(at_once);
  CHECK(value(sink, "EFA-701", "fail") == 0);
  CHECK(value(sink, "EFA-701", "warn") == absent);
  CHECK(value(sink, "EFA-705", "warn") == 0);
  CHECK(value(sink, "EFA-705", "fail") == absent);
}

TEST_CASE("what fails is 1, and what could fail but warns is 1 as a warning") {
  ScrapedHost host;
  host.look.ena->interfaces[0].carrier = false;
  host.reading.devices[3].values[place_of(host.reading.devices[3], "no_completion_cmds")] = 1;
  const auto sink = host.scrape(at_once);
  CHECK(value(sink, "EFA-703", "fail") == 1);
  CHECK(value(sink, "EFA-703", "warn") == absent);
  CHECK(value(sink, "EFA-805", "fail") == 0);
  CHECK(value(sink, "EFA-805", "warn") == 1);

  host.look.ena->interfaces[0].carrier = true;
  CHECK(value(host.scrape(Health::interval), "EFA-805", "warn") == absent);
}

TEST_CASE("what cannot be judged is absent, not 0") {
  ScrapedHost host;
  host.look.ena.reset();
  host.look.host.reset();
  const auto sink = host.scrape(at_once);
  CHECK(value(sink, "EFA-805", "fail") == absent);
  CHECK(value(sink, "EFA-302", "warn") == absent);
  CHECK(value(sink, "EFA-701", "fail") == 0);
}

TEST_CASE("totals since boot raise no alarm; growth does, and is over when it stops") {
  ScrapedHost host;
  set_counter(host.reading.devices[7], "rx_drops", 1'000'000);
  host.look.ena = made_ena(1'000'000);
  CHECK(value(host.scrape(at_once), "EFA-706", "fail") == absent);

  const auto without_growth = host.scrape(Health::interval);
  CHECK(value(without_growth, "EFA-706", "fail") == 0);
  CHECK(value(without_growth, "EFA-806", "warn") == 0);

  set_counter(host.reading.devices[7], "rx_drops", 1'100'000);
  host.look.ena = made_ena(1'000'001);
  const auto with_growth = host.scrape(Health::interval);
  CHECK(value(with_growth, "EFA-706", "fail") == 1);
  CHECK(value(with_growth, "EFA-806", "warn") == 1);

  CHECK(value(host.scrape(Health::interval), "EFA-706", "fail") == 0);
}

TEST_CASE("an ENA that was not read before is not judged by its total") {
  ScrapedHost host;
  const std::optional<EnaReading> ena = made_ena(1'000'000);
  host.look.ena.reset();
  host.scrape(at_once);
  host.look.ena = ena;
  CHECK(value(host.scrape(Health::interval), "EFA-806", "warn") == absent);
  CHECK(value(host.scrape(Health::interval), "EFA-806", "warn") == 0);
}

TEST_CASE("scrapes within the interval repeat what was judged, for whoever scrapes") {
  ScrapedHost host;
  const auto first = host.scrape(at_once)->series().size();
  host.reading.devices[0].state = DeviceState::stuck;
  for (int i = 0; i < 3; ++i) {
    const auto sink = host.scrape(Health::interval / 4);
    CHECK(value(sink, "EFA-702", "fail") == 0);
    CHECK(sink->series().size() == first);
  }
  CHECK(host.looks == 1);
  CHECK(value(host.scrape(Health::interval / 4), "EFA-702", "fail") == 1);
  CHECK(host.looks == 2);
}

TEST_CASE("a reload takes no growth away, and judges at once by what is known then") {
  ScrapedHost host;
  host.scrape(at_once);
  set_counter(host.reading.devices[7], "rx_drops", 100'000);
  CHECK(value(host.scrape(Health::interval), "EFA-706", "fail") == 1);

  host.look.ena->interfaces[0].carrier = false;
  host.reload();
  const auto reloaded = host.scrape(Health::interval / 4);
  CHECK(value(reloaded, "EFA-706", "fail") == 1);
  CHECK(value(reloaded, "EFA-805", "warn") == 1);

  host.reload();
  CHECK(value(host.scrape(Health::interval / 4), "EFA-706", "fail") == 1);
  CHECK(value(host.scrape(Health::interval / 2), "EFA-706", "fail") == 0);
}

TEST_CASE("on a host without EFA nothing of devices is said to be well") {
  ScrapedHost host;
  host.reading.devices.clear();
  host.look.host->efa_functions->clear();
  const auto sink = host.scrape(at_once);
  CHECK(value(sink, "EFA-701", "fail") == absent);
  CHECK(value(sink, "EFA-706", "fail") == absent);
  CHECK(value(sink, "EFA-301", "fail") == 1);  // a p5 has some
}

TEST_CASE("what takes root, a person or the host's own /dev is not published") {
  std::set<std::string_view> published;
  for (const Check& check : all_checks()) {
    if (check.published != Published::no) {
      published.insert(check.code);
    }
  }
  for (const std::string_view code :
       {"EFA-101", "EFA-301", "EFA-405", "EFA-601", "EFA-713", "EFA-806"}) {
    CHECK(published.count(code) == 1);
  }
  for (const std::string_view code :
       {"EFA-001", "EFA-202", "EFA-401", "EFA-402", "EFA-406", "EFA-407", "EFA-714"}) {
    CHECK(published.count(code) == 0);
  }
}

}  // namespace
}  // namespace efa::test
