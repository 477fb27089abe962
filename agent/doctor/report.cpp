#include "agent/doctor/report.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

namespace efa {
namespace {

constexpr int schema_version = 1;

constexpr std::string_view colour_of(Verdict verdict) {
  constexpr std::string_view colours[] = {"\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[36m"};
  return colours[static_cast<std::size_t>(verdict)];
}

std::string shown(Verdict verdict, bool colour) {
  const std::string word(to_string(verdict));
  return colour ? std::string(colour_of(verdict)) + word + "\x1b[0m" : word;
}

void add_entry(const DoctorReport::Entry& entry, bool colour, std::string& text) {
  const Check& check = *entry.check;
  text.append(shown(entry.finding.verdict, colour)).append("  ").append(check.code);
  text.append("  ").append(check.title).append("\n");
  text.append("      found: ").append(entry.finding.found).append("\n");
  if (entry.finding.verdict != Verdict::pass) {
    text.append("      why:   ").append(check.why).append("\n");
  }
  if (!entry.finding.fix.empty()) {
    text.append("      fix:   ").append(entry.finding.fix).append("\n");
  }
}

using Entries = std::vector<const DoctorReport::Entry*>;

Entries entries_of(const DoctorReport& report, Verdict verdict) {
  Entries entries;
  for (const auto& entry : report.entries) {
    if (entry.finding.verdict == verdict) {
      entries.push_back(&entry);
    }
  }
  return entries;
}

// Where nothing can be looked at, because there is no EFA, say, many checks have the same to say.
void add_unknown(const Entries& entries, bool colour, std::string& text) {
  constexpr std::ptrdiff_t told_one_by_one = 2;
  std::set<std::string_view> told;
  for (const auto* entry : entries) {
    const std::string& found = entry->finding.found;
    const auto says_same = [&](const auto* other) { return other->finding.found == found; };
    if (std::count_if(entries.begin(), entries.end(), says_same) <= told_one_by_one) {
      add_entry(*entry, colour, text);
    } else if (told.insert(found).second) {
      text.append(shown(Verdict::unknown, colour)).append(" ");
      for (const auto* other : entries) {
        if (says_same(other)) {
          text.append(" ").append(other->check->code);
        }
      }
      text.append("\n      found: ").append(found).append("\n");
    }
  }
}

std::string heading(const DoctorReport& report) {
  std::string text = report.host_name.empty() ? std::string("this host") : report.host_name;
  if (!report.instance_id.empty()) {
    text.append(", ").append(report.instance_id);
  }
  if (!report.instance_type.empty()) {
    text.append(", ").append(report.instance_type);
  }
  text.append(report.watched
                  ? ": counters judged by their growth in " +
                        std::to_string(report.watched->count()) + " s"
                  : std::string(": counters judged by their totals since boot; --watch=10 judges "
                                "by their growth"));
  return text + "\n\n";
}

}  // namespace

std::size_t DoctorReport::count(Verdict verdict) const {
  return static_cast<std::size_t>(
      std::count_if(entries.begin(), entries.end(),
                    [&](const Entry& entry) { return entry.finding.verdict == verdict; }));
}

int DoctorReport::exit_code() const {
  if (count(Verdict::fail) > 0 || (strict && count(Verdict::unknown) > 0)) {
    return 2;
  }
  return count(Verdict::warn) > 0 ? 1 : 0;
}

std::string text_of(const DoctorReport& report, bool colour, bool details) {
  std::string text = heading(report);
  for (const Verdict verdict : {Verdict::fail, Verdict::warn, Verdict::unknown, Verdict::pass}) {
    if (verdict == Verdict::pass && !details) {
      continue;
    }
    const Entries entries = entries_of(report, verdict);
    if (verdict == Verdict::unknown) {
      add_unknown(entries, colour, text);
      continue;
    }
    for (const auto* entry : entries) {
      add_entry(*entry, colour, text);
    }
  }
  text.append(text.ends_with("\n\n") ? "" : "\n");
  for (const Verdict verdict : {Verdict::fail, Verdict::warn, Verdict::unknown, Verdict::pass}) {
    text.append(verdict == Verdict::fail ? "" : ", ");
    text.append(std::to_string(report.count(verdict))).append(" ").append(to_string(verdict));
  }
  return text + "\n";
}

std::string json_of(const DoctorReport& report) {
  nlohmann::ordered_json json;
  json["schema_version"] = schema_version;
  json["host"] = report.host_name;
  json["instance_id"] = report.instance_id;
  json["instance_type"] = report.instance_type;
  if (report.watched) {
    json["watched_seconds"] = report.watched->count();
  }
  json["exit_code"] = report.exit_code();
  for (const Verdict verdict : {Verdict::pass, Verdict::warn, Verdict::fail, Verdict::unknown}) {
    json["summary"][std::string(to_string(verdict))] = report.count(verdict);
  }
  json["checks"] = nlohmann::ordered_json::array();
  for (const auto& entry : report.entries) {
    json["checks"].push_back({{"code", entry.check->code},
                              {"title", entry.check->title},
                              {"result", to_string(entry.finding.verdict)},
                              {"found", entry.finding.found},
                              {"why", entry.check->why},
                              {"fix", entry.finding.fix}});
  }
  if (!report.probe.empty()) {
    json["probe"] = nlohmann::ordered_json::parse(report.probe, nullptr, false);
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace efa
