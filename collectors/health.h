#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "collectors/collector.h"
#include "collectors/health/check.h"

namespace efa {

/// Those checks of `efa-agent doctor` that need only what the agent knows anyway, so that a fleet
/// can be alerted on them. A check that is unknown has no series; one that can fail and merely
/// warns has a second one, of severity warn.
///
/// Cost     0.2 ms for 32 devices each `interval`; nothing is asked of a device
class Health final : public Collector {
 public:
  static constexpr std::string_view collector_name = "health";
  /// What is counted is judged by its growth in that time or, if scrapes are further apart, from
  /// one to the next.
  static constexpr std::chrono::seconds interval{60};

  /// What is known by now; all but what was before.
  using Look = std::function<HealthView(const Reading& reading)>;

  /// What growth is judged by; goes on from one Health to the next.
  struct History {
    struct Entry {
      std::shared_ptr<const Reading> reading;  // null: none yet
      std::optional<EnaReading> ena;
    };
    Entry before;
    Entry judged;  // an interval later, or more
  };

  /// One Health uses `history` at a time.
  explicit Health(Look look, std::shared_ptr<History> history = std::make_shared<History>())
      : look_(std::move(look)), history_(std::move(history)) {}

  [[nodiscard]] std::string_view name() const override { return collector_name; }
  bool collect(const Reading& reading, SampleSink& sink) override;

 private:
  struct Judgement {
    const Check* check = nullptr;
    Verdict verdict = Verdict::unknown;
  };

  void judge(const Reading& reading, bool is_due);

  const Look look_;
  const std::shared_ptr<History> history_;
  bool has_judged_ = false;
  std::vector<Judgement> judgements_;
};

}  // namespace efa
