#include "agent/probe/probe_writer.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "agent/probe/probe_format.h"

namespace efa {
namespace {

using nlohmann::ordered_json;

ordered_json json_of(const ProbedStep& step) {
  ordered_json json{{"step", to_string(step.step)}, {"result", to_string(step.outcome)}};
  if (step.outcome == ProbeOutcome::failed) {
    json["error"] = step.error;
    json["text"] = step.text;
  }
  // No digits that no clock has.
  json["milliseconds"] = std::round(step.milliseconds * 1000) / 1000;
  return json;
}

ordered_json json_of(const ProbeOffers& offers) {
  ordered_json json;
  for (const auto& number : probe_format::numbers) {
    json[std::string(number.name)] = offers.*number.member;
  }
  for (const auto& ability : probe_format::abilities) {
    const std::optional<bool>& value = offers.*ability.member;
    json[std::string(ability.name)] = value ? ordered_json(*value) : ordered_json(nullptr);
  }
  return json;
}

ordered_json json_of(const ProbedDevice& device) {
  ordered_json json{{"name", device.name}, {"node", device.node}};
  json["works"] = device.trouble() == nullptr;
  json["steps"] = ordered_json::array();
  for (const ProbedStep& step : device.steps) {
    json["steps"].push_back(json_of(step));
  }
  if (device.offers) {
    json["offers"] = json_of(*device.offers);
  }
  return json;
}

}  // namespace

std::string json_of(const ProbeReport& report) {
  ordered_json json;
  json["schema_version"] = probe_format::schema_version;
  if (!report.list_error.empty()) {
    json["list_error"] = report.list_error;
  }
  json["devices"] = ordered_json::array();
  for (const ProbedDevice& device : report.devices) {
    json["devices"].push_back(json_of(device));
  }
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

int exit_code_of(const ProbeReport& report) {
  if (report.devices.empty()) {
    return 3;
  }
  const bool all_work = std::all_of(report.devices.begin(), report.devices.end(),
                                    [](const auto& device) { return device.trouble() == nullptr; });
  return all_work ? 0 : 2;
}

}  // namespace efa
