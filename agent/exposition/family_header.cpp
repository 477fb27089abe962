#include "agent/exposition/family_header.h"

namespace efa {
namespace {

void append_line(std::string& text, std::string_view keyword, std::string_view name,
                 std::string_view rest) {
  text += "# ";
  text += keyword;
  text += ' ';
  text += name;
  text += ' ';
  text += rest;
  text += '\n';
}

struct OpenMetricsFamily {
  std::string_view name;
  std::string_view type;
};

OpenMetricsFamily in_openmetrics(const MetricSpec& spec) {
  const auto without = [&](std::string_view suffix) {
    return spec.name.substr(0, spec.name.size() - suffix.size());
  };
  if (spec.kind == Kind::counter) {
    constexpr std::string_view suffix = "_total";
    return spec.name.ends_with(suffix) ? OpenMetricsFamily{without(suffix), "counter"}
                                       : OpenMetricsFamily{spec.name, "unknown"};
  }
  if (spec.kind == Kind::info) {
    return {without("_info"), "info"};
  }
  return {spec.name, to_string(spec.kind)};
}

std::string_view unit_suffix(std::string_view name, Unit unit) {
  const bool in_name = (unit == Unit::bytes && name.ends_with("_bytes")) ||
                       (unit == Unit::seconds && name.ends_with("_seconds"));
  return in_name ? to_string(unit) : std::string_view();
}

}  // namespace

void append_family_header(std::string& text, const MetricSpec& spec, TextFormat format) {
  if (format == TextFormat::prometheus) {
    append_line(text, "HELP", spec.name, spec.help);
    append_line(text, "TYPE", spec.name, to_string(spec.kind));
    return;
  }
  const OpenMetricsFamily family = in_openmetrics(spec);
  append_line(text, "HELP", family.name, spec.help);
  append_line(text, "TYPE", family.name, family.type);
  if (const auto unit = unit_suffix(family.name, spec.unit); !unit.empty()) {
    append_line(text, "UNIT", family.name, unit);
  }
}

}  // namespace efa
