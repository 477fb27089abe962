#include "collectors/health.h"

#include <string_view>
#include <utility>

#include "collectors/catalogue/agent_metrics.h"

namespace efa {
namespace {

constexpr std::string_view severity_of(Verdict verdict) {
  return verdict == Verdict::fail ? "fail" : "warn";
}

}  // namespace

bool Health::collect(const Reading& reading, SampleSink& sink) {
  const auto& judged = history_->judged.reading;
  const bool is_due = !judged || reading.started - judged->started >= interval;
  if (is_due || !has_judged_) {
    judge(reading, is_due);
  }
  for (const Judgement& judgement : judgements_) {
    const Check& check = *judgement.check;
    const auto add = [&](Verdict severity) {
      sink.add(metric::health_check, {{"code", check.code}, {"severity", severity_of(severity)}},
               judgement.verdict == severity ? 1 : 0);
    };
    add(check.worst);
    if (judgement.verdict == Verdict::warn && check.worst == Verdict::fail) {
      add(Verdict::warn);
    }
  }
  return true;
}

// One that is not due, the first of a new Health, is judged by the growth since the last `before`.
void Health::judge(const Reading& reading, bool is_due) {
  HealthView view = look_(reading);
  view.now = std::make_shared<const Reading>(reading);
  if (is_due) {
    history_->before = std::exchange(history_->judged, {view.now, view.ena});
  }
  has_judged_ = true;
  view.before = history_->before.reading;
  view.ena_before = history_->before.ena;
  view.between = view.before ? view.now->started - view.before->started : std::chrono::seconds(0);
  judgements_.clear();
  for (const Check& check : all_checks()) {
    const bool is_published = check.published == Published::yes ||
                              (check.published == Published::by_growth && view.before);
    if (!is_published) {
      continue;
    }
    if (const Verdict verdict = check.judge(view).verdict; verdict != Verdict::unknown) {
      judgements_.push_back({&check, verdict});
    }
  }
}

}  // namespace efa
