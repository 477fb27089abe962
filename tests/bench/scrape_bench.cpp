// What a scrape costs, of the agent as a whole process, beside the floor (bare pread of the same
// files from kept descriptors) and prometheus-cpp's stock Exposer, in turns, so that a noisy
// machine treats all alike. It prints figures and ratios; nothing fails on a clock.
//
// Usage: bench_scrape [ROUNDS [PAUSE_MS]]   PAUSE_MS: idle time before each scrape (2); 0: back to
// back
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "agent/simulation/simulated_host.h"
#include "tests/bench/subject.h"

namespace efa::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Figures {
  std::vector<double> cpu;   // microseconds a scrape, by round
  std::vector<double> wall;  // microseconds, by scrape
};

double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

double median(const std::vector<double>& values) { return quantile(values, 0.5); }

constexpr int scrapes_a_round = 25;

void run_round(Subject& subject, std::chrono::milliseconds pause, Figures& figures) {
  const auto cpu = subject.cpu();
  for (int i = 0; i < scrapes_a_round; ++i) {
    if (pause.count() > 0) {
      std::this_thread::sleep_for(pause);
    }
    const auto begin = Clock::now();
    subject.scrape();
    figures.wall.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  figures.cpu.push_back(std::chrono::duration<double, std::micro>(subject.cpu() - cpu).count() /
                        scrapes_a_round);
}

void print(const std::vector<std::unique_ptr<Subject>>& subjects,
           const std::vector<Figures>& figures) {
  std::printf("%-22s %12s %9s %11s %11s %9s %9s %9s\n", "", "CPU us", "to floor", "wall us p50",
              "wall us p99", "RSS kB", "syscalls", "bytes");
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    // Round by round, so that a slow spell of the machine counts on both sides.
    std::vector<double> ratios;
    for (std::size_t round = 0; round < figures[i].cpu.size(); ++round) {
      ratios.push_back(figures[i].cpu[round] / figures[0].cpu[round]);
    }
    const auto* http = dynamic_cast<const HttpSubject*>(subjects[i].get());
    const std::size_t resident = subjects[i]->resident_kilobytes();
    std::printf("%-22s %12.1f %9.2f %11.0f %11.0f %9zu %9.1f %9zu\n", subjects[i]->name().c_str(),
                median(figures[i].cpu), median(ratios), quantile(figures[i].wall, 0.5),
                quantile(figures[i].wall, 0.99), resident, subjects[i]->count_system_calls(20),
                http == nullptr ? std::size_t{0} : http->answer_size());
  }
}

void compare(const std::string& instance_type, int rounds, std::chrono::milliseconds pause) {
  const MonotonicClock clock;
  const auto host = SimulatedHost::create(instance_type, clock, SimulatedHost::default_parent());
  if (!host) {
    throw std::runtime_error(host.error().message());
  }
  const std::string sysfs = (*host)->sysfs();
  const std::vector<std::string> agent{EFA_BENCH_AGENT, "--path.sysfs=" + sysfs,
                                       "--web.listen-address=127.0.0.1:0"};
  std::vector<std::unique_ptr<Subject>> subjects;
  subjects.push_back(
      std::make_unique<PipeSubject>("floor", std::vector<std::string>{EFA_BENCH_FLOOR, sysfs}));
  subjects.push_back(std::make_unique<HttpSubject>("agent, plain", agent, ""));
  subjects.push_back(std::make_unique<HttpSubject>("agent, gzip", agent, "gzip"));
  subjects.push_back(std::make_unique<HttpSubject>(
      "stock Exposer, gzip", std::vector<std::string>{EFA_BENCH_STOCK, sysfs}, "gzip", false));
  std::vector<Figures> figures(subjects.size());
  for (int round = -1; round < rounds; ++round) {  // the first one warms up
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      Figures unused;
      run_round(*subjects[i], pause, round < 0 ? unused : figures[i]);
    }
  }
  std::printf("\n%s, %d rounds of %d scrapes, in turns, %d ms of pause before each\n",
              instance_type.c_str(), rounds, scrapes_a_round, static_cast<int>(pause.count()));
  print(subjects, figures);
  std::printf("agent with gzip : stock Exposer with gzip = 1 : %.1f\n",
              median(figures[3].cpu) / median(figures[2].cpu));
}

void allow_many_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace
}  // namespace efa::bench

int main(int argc, char** argv) {
  try {
    const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 20;  // NOLINT(cert-err34-c)
    efa::bench::allow_many_files();
    // Nobody is scraped back to back, and warm caches flatter: hence the pause.
    const std::chrono::milliseconds pause(argc > 2 ? std::atoi(argv[2]) : 2);  // NOLINT
    efa::bench::compare("p5.48xlarge", rounds, pause);
    efa::bench::compare("p5.4xlarge", rounds, pause);
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}
