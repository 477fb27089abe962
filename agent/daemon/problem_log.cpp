#include "agent/daemon/problem_log.h"

#include <array>
#include <cstdio>

namespace efa {
namespace {

std::string seconds_text(std::chrono::nanoseconds duration) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1fs", std::chrono::duration<double>(duration).count());
  return text.data();
}

LogWords joined(LogWords words, const LogWords& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

void write_words(const LogWrite& write, LogLevel level, std::string_view message,
                 const LogWords& words) {
  std::vector<log::Field> fields;
  fields.reserve(words.size());
  for (const auto& [key, value] : words) {
    fields.push_back({key, value});
  }
  write(level, message, fields);
}

void ProblemLog::report(std::span<const CurrentProblem> current, SteadyTime now) {
  for (const CurrentProblem& problem : current) {
    note(problem, now);
  }
  end_quiet_ones(now);
}

void ProblemLog::note(const CurrentProblem& problem, SteadyTime now) {
  auto found = troubles_.find(problem.subject);
  const bool is_new_trouble = found == troubles_.end();
  if (is_new_trouble) {
    if (troubles_.size() >= max_subjects) {
      return;
    }
    found = troubles_.try_emplace(problem.subject).first;
    found->second.since = now;
  }
  Trouble& trouble = found->second;
  trouble.last_seen = now;
  trouble.clear_since = now;
  trouble.over = problem.over;
  trouble.about = problem.about;
  const bool is_new_kind = !problem.kind.empty() && trouble.logged_kinds.size() < max_kinds &&
                           trouble.logged_kinds.insert(problem.kind).second;
  if (is_new_trouble || is_new_kind) {
    write_words(write_, LogLevel::warning, problem.message, joined(problem.about, problem.details));
  }
}

void ProblemLog::end_quiet_ones(SteadyTime now) {
  for (auto it = troubles_.begin(); it != troubles_.end();) {
    Trouble& trouble = it->second;
    if (trouble.clear_since == trouble.last_seen) {
      trouble.clear_since = now;
    }
    if (trouble.last_seen == now || now - trouble.clear_since < quiet_) {
      ++it;
      continue;
    }
    const LogWords lasted{{"lasted", seconds_text(trouble.clear_since - trouble.since)}};
    write_words(write_, LogLevel::info, trouble.over, joined(trouble.about, lasted));
    it = troubles_.erase(it);
  }
}

}  // namespace efa
