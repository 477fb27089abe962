#include "agent/commands/doctor.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/daemon/log.h"
#include "agent/doctor/gather.h"
#include "agent/doctor/probe_runner.h"
#include "agent/doctor/report.h"
#include "collectors/health/check.h"
#include "config/near_miss.h"

namespace efa {
namespace {

std::vector<std::string> codes() {
  std::vector<std::string> all;
  for (const Check& check : all_checks()) {
    all.emplace_back(check.code);
  }
  return all;
}

// What is wrong with codes that were asked for; empty if nothing is.
std::string objection_to(const std::vector<std::string>& wanted) {
  const std::vector<std::string> known = codes();
  for (const std::string& code : wanted) {
    if (std::find(known.begin(), known.end(), code) == known.end()) {
      const std::string meant = near_miss(code, known);
      return "found the unknown check " + code +
             (meant.empty() ? std::string() : "; did you mean " + meant + "?");
    }
  }
  return {};
}

bool contains(const std::vector<std::string>& list, std::string_view code) {
  return std::find(list.begin(), list.end(), code) != list.end();
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data())
                                                          : std::string();
}

}  // namespace

int run_doctor(const CommandLine& command_line) {
  const CommandLine::Doctor& wanted = command_line.doctor;
  for (const auto* list : {&wanted.only, &wanted.skip}) {
    if (const std::string objection = objection_to(*list); !objection.empty()) {
      std::fprintf(stderr, "efa-agent: doctor: %s\n", objection.c_str());
      return exit_usage;
    }
  }
  if (wanted.strict && wanted.only.empty()) {
    std::fputs("efa-agent: doctor: --strict: allowed is it with --only\n", stderr);
    return exit_usage;
  }
  // What goes wrong is told by the checks.
  log::configure(LogLevel::error, LogFormat::logfmt, log::stderr_destination());
  // The kernel may hold a thread longer than this runs.
  static auto* const files = new PosixFiles;
  static const auto* const clock = new MonotonicClock;
  const LoadedConfig loaded = config_in_force(command_line);
  HealthView view = gather_view(loaded, command_line.config_file, *files, *clock, wanted.watch);
  DoctorReport report;
  if (wanted.probe) {
    // Last, so that its queue pairs are not taken for a job's.
    ProbeRun run = run_probe(find_probe(own_folder(), std::getenv("PATH")), {});
    view.probe = std::move(run.report);
    report.probe = std::move(run.document);
  }
  report.host_name = host_name();
  report.instance_id = view.instance.instance_id;
  report.instance_type = view.instance.instance_type;
  report.watched = wanted.watch;
  report.strict = wanted.strict;
  for (const Check& check : all_checks()) {
    const bool is_wanted = wanted.only.empty() || contains(wanted.only, check.code);
    if (is_wanted && !contains(wanted.skip, check.code)) {
      report.entries.push_back({&check, check.judge(view)});
    }
  }
  const std::string text =
      wanted.json ? json_of(report) : text_of(report, ::isatty(STDOUT_FILENO) == 1, wanted.all);
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  return written ? report.exit_code() : exit_usage;
}

}  // namespace efa
