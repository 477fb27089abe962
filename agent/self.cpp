#include "agent/self.h"

#include "agent/version.h"
#include "collectors/catalogue/agent_metrics.h"

namespace efa {

std::size_t SelfStatistics::index_of(int status) {
  const bool known = status >= first_status && status <= last_status;
  return static_cast<std::size_t>((known ? status : last_status) - first_status);
}

void SelfStatistics::count_request(int status) { ++requests_[index_of(status)]; }

void SelfStatistics::count_scrape(std::chrono::nanoseconds duration) {
  const std::lock_guard lock(mutex_);
  ++scrapes_.count;
  scrapes_.seconds += std::chrono::duration<double>(duration).count();
}

SelfStatistics::Scrapes SelfStatistics::scrapes() const {
  const std::lock_guard lock(mutex_);
  return scrapes_;
}

void Self::describe(const DeviceLayouts& /*devices*/, SeriesPlan& plan) {
  plan.add(metric::build_info,
           {{"version", version()}, {"revision", revision()}, {"compiler", compiler()}}, 1);
  if (simulated_) {
    plan.add(metric::simulated, {}, 1);
  }
}

bool Self::collect(const Reading& /*reading*/, SampleSink& sink) {
  if (statistics_ == nullptr) {
    return true;
  }
  for (int status = SelfStatistics::first_status; status <= SelfStatistics::last_status; ++status) {
    if (const auto count = statistics_->requests(status); count > 0) {
      sink.add(metric::http_requests, {{"code", std::to_string(status)}},
               static_cast<double>(count));
    }
  }
  const auto scrapes = statistics_->scrapes();
  sink.add_summary(metric::scrape_duration, {}, scrapes.count, scrapes.seconds);
  return true;
}

}  // namespace efa
