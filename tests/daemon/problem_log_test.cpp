#include "agent/daemon/problem_log.h"

#include "tests/daemon/log_recorder.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace efa {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

CurrentProblem problem(const std::string& subject, const std::string& kind) {
  return {.subject = subject,
          .kind = kind,
          .message = "cannot be read",
          .over = "readable again",
          .about = {{"device", subject}},
          .details = {{"reason", kind}}};
}

struct Fixture {
  test::ManualClock clock;
  test::LogRecorder recorder;
  ProblemLog problems{recorder.write()};

  // One scrape, and the lines that it logged.
  Lines scrape(const std::vector<CurrentProblem>& current) {
    problems.report(current, clock.now());
    clock.advance(seconds(15));
    return recorder.take();
  }
};

}  // namespace

TEST_CASE("a problem that lasts is logged once, and once when it is over") {
  Fixture f;
  CHECK(f.scrape({problem("a", "stuck")}) == Lines{"warning cannot be read device=a reason=stuck"});
  for (int i = 0; i < 100; ++i) {
    CHECK(f.scrape({problem("a", "stuck")}).empty());
  }
  for (int i = 0; i < 4; ++i) {
    CHECK(f.scrape({}).empty());  // not yet for sure
  }
  // 101 scrapes with it, 15 s apart: until the first without it.
  CHECK(f.scrape({}) == Lines{"info readable again device=a lasted=1515.0s"});
  CHECK(f.scrape({}).empty());
}

TEST_CASE("a problem that comes back later is a new one") {
  Fixture f;
  f.scrape({problem("a", "stuck")});
  for (int i = 0; i < 5; ++i) {
    f.scrape({});
  }
  CHECK(f.scrape({problem("a", "stuck")}) == Lines{"warning cannot be read device=a reason=stuck"});
}

TEST_CASE("a problem of every second scrape is one problem") {
  Fixture f;
  CHECK(f.scrape({problem("a", "stuck")}).size() == 1);
  for (int i = 0; i < 50; ++i) {
    CHECK(f.scrape({}).empty());
    CHECK(f.scrape({problem("a", "stuck")}).empty());
  }
}

TEST_CASE("a further kind of problem is logged, but the end only when all are over") {
  Fixture f;
  f.scrape({problem("a", "stuck")});
  CHECK(f.scrape({problem("a", "closed")}) ==
        Lines{"warning cannot be read device=a reason=closed"});
  for (int i = 0; i < 20; ++i) {
    CHECK(f.scrape({problem("a", "closed")}).empty());
  }
  CHECK(f.scrape({problem("a", "stuck")}).empty());
  Lines all;
  for (int i = 0; i < 6; ++i) {
    for (const std::string& line : f.scrape({})) {
      all.push_back(line);
    }
  }
  CHECK(all == Lines{"info readable again device=a lasted=345.0s"});
}

TEST_CASE("a problem whose kind is not known is news only for a subject without any") {
  Fixture f;
  f.scrape({problem("a", "closed")});
  CHECK(f.scrape({problem("a", "")}).empty());
  CHECK(f.scrape({problem("b", "")}).size() == 1);
  CHECK(f.scrape({problem("b", "")}).empty());
}

TEST_CASE("subjects do not hide each other") {
  Fixture f;
  CHECK(f.scrape({problem("a", "stuck"), problem("b", "stuck")}).size() == 2);
  CHECK(f.scrape({problem("b", "stuck"), problem("c", "stuck")}) ==
        Lines{"warning cannot be read device=c reason=stuck"});
}

TEST_CASE("a subject that is forgotten is not said to be readable again") {
  Fixture f;
  f.scrape({problem("a", "stuck")});
  f.problems.forget("a");
  for (int i = 0; i < 6; ++i) {
    CHECK(f.scrape({}).empty());
  }
}

TEST_CASE("the log's memory is bounded, and what is over the bound is silent") {
  Fixture f;
  std::vector<CurrentProblem> many;
  for (std::size_t i = 0; i < ProblemLog::max_subjects + 50; ++i) {
    many.push_back(problem(std::to_string(i), "stuck"));
  }
  CHECK(f.scrape(many).size() == ProblemLog::max_subjects);
  CHECK(f.scrape(many).empty());

  Fixture g;
  std::size_t lines = 0;
  for (int i = 0; i < 100; ++i) {
    lines += g.scrape({problem("a", std::to_string(i))}).size();
  }
  CHECK(lines == ProblemLog::max_kinds);
}

}  // namespace efa
