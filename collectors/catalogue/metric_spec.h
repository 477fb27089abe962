#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace efa {

enum class Kind : std::uint8_t { counter, gauge, info, summary };
enum class Unit : std::uint8_t {
  none,
  bytes,
  packets,
  work_requests,
  events,
  errors,
  commands,
  seconds,
  bytes_per_second
};

/// What a series stands for once, and so which labels it carries before the constant ones.
enum class Scope : std::uint8_t {
  port,    // device, port
  device,  // device
  host     // none
};

/// One family of series, in one line of the catalogue.
struct MetricSpec {
  std::string_view source;  // the sysfs file, or what the value is taken from
  std::string_view name;
  Kind kind = Kind::gauge;
  Scope scope = Scope::host;
  Unit unit = Unit::none;
  std::string_view help;
  std::string_view labels = {};  // beyond those of the scope, comma separated
};

constexpr std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::counter:
      return "counter";
    case Kind::summary:
      return "summary";
    case Kind::gauge:
    case Kind::info:  // the text format has no type for it
      break;
  }
  return "gauge";
}

constexpr std::string_view to_string(Unit unit) {
  constexpr std::string_view words[] = {
      "",       "bytes",    "packets", "work requests",   "events",
      "errors", "commands", "seconds", "bytes per second"};
  return words[static_cast<std::size_t>(unit)];
}

constexpr std::string_view to_string(Scope scope) {
  constexpr std::string_view words[] = {"device, port", "device", ""};
  return words[static_cast<std::size_t>(scope)];
}

/// Whether `name` may be the name of a metric (without colons, which belong to rules).
constexpr bool legal_metric_name(std::string_view name) {
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) {
    return false;
  }
  for (const char c : name) {
    const bool legal =
        c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!legal) {
      return false;
    }
  }
  return true;
}

/// Whether a table keeps the rules of the catalogue: legal and unique names, `_total`
/// exactly on counters, `_info` exactly on info series, a help text that ends in a full stop.
constexpr bool well_formed(std::span<const MetricSpec> table) {
  for (std::size_t i = 0; i < table.size(); ++i) {
    const MetricSpec& row = table[i];
    const bool keeps_suffixes = row.name.ends_with("_total") == (row.kind == Kind::counter) &&
                                row.name.ends_with("_info") == (row.kind == Kind::info);
    if (!legal_metric_name(row.name) || !keeps_suffixes || !row.help.ends_with('.') ||
        row.source.empty()) {
      return false;
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (table[j].name == row.name) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace efa
