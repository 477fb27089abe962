#include "agent/doctor/probe_reader.h"

#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/probe/probe_format.h"

namespace efa {
namespace {

using nlohmann::json;

// What is not as it should be is kept, the first of it, and something empty given instead.
class Reader {
 public:
  Result<ProbeReport> read(std::string_view text) {
    const json document = json::parse(text, nullptr, false);
    if (document.is_discarded()) {
      return Error{Reason::malformed, 0, "no JSON"};
    }
    ProbeReport report;
    if (number(document, "schema_version") != probe_format::schema_version && mistake_.empty()) {
      mistake_ =
          "schema_version: found another than " + std::to_string(probe_format::schema_version);
    }
    if (document.contains("list_error")) {
      report.list_error = text_of(document, "list_error");
    }
    for (const json& device : list(document, "devices")) {
      report.devices.push_back(device_of(device));
    }
    if (!mistake_.empty()) {
      return Error{Reason::malformed, 0, mistake_};
    }
    return report;
  }

 private:
  ProbedDevice device_of(const json& object) {
    ProbedDevice device;
    device.name = text_of(object, "name");
    device.node = text_of(object, "node");
    for (const json& step : list(object, "steps")) {
      device.steps.push_back(step_of(step));
    }
    if (device.steps.empty()) {
      say("steps", "none");
    }
    if (object.is_object() && object.contains("offers")) {
      device.offers = offers_of(object["offers"]);
    }
    return device;
  }

  ProbedStep step_of(const json& object) {
    ProbedStep step;
    step.step = word<ProbeStep>(object, "step", probe_step_count);
    step.outcome = word<ProbeOutcome>(object, "result", 3);
    if (step.outcome == ProbeOutcome::failed) {
      step.error = text_of(object, "error");
      step.text = text_of(object, "text");
    }
    const json& milliseconds = member(object, "milliseconds");
    if (milliseconds.is_number()) {
      step.milliseconds = milliseconds.get<double>();
    } else {
      say("milliseconds", milliseconds.type_name());
    }
    return step;
  }

  ProbeOffers offers_of(const json& object) {
    ProbeOffers offers;
    for (const auto& one : probe_format::numbers) {
      offers.*one.member = number(object, one.name);
    }
    for (const auto& one : probe_format::abilities) {
      const json& value = member(object, one.name);
      if (value.is_boolean()) {
        offers.*one.member = value.get<bool>();
      } else if (!value.is_null() || !has(object, one.name)) {
        say(one.name, value.type_name());
      }
    }
    return offers;
  }

  void say(std::string_view name, std::string_view found) {
    if (mistake_.empty()) {
      mistake_.append(name).append(": found ").append(found);
    }
  }

  static bool has(const json& object, std::string_view name) {
    return object.is_object() && object.contains(name);
  }

  // Null if it is not there.
  static const json& member(const json& object, std::string_view name) {
    static const json nothing;
    return has(object, name) ? object[std::string(name)] : nothing;
  }

  std::uint64_t number(const json& object, std::string_view name) {
    const json& value = member(object, name);
    if (!value.is_number_unsigned()) {
      say(name, value.type_name());
      return 0;
    }
    return value.get<std::uint64_t>();
  }

  std::string text_of(const json& object, std::string_view name) {
    const json& value = member(object, name);
    if (!value.is_string()) {
      say(name, value.type_name());
      return {};
    }
    return value.get<std::string>();
  }

  const json& list(const json& object, std::string_view name) {
    static const json none = json::array();
    const json& value = member(object, name);
    if (!value.is_array()) {
      say(name, value.type_name());
      return none;
    }
    return value;
  }

  // One of the words of an enumeration.
  template <typename Enumeration>
  Enumeration word(const json& object, std::string_view name, std::size_t count) {
    const std::string found = text_of(object, name);
    for (std::size_t i = 0; i < count; ++i) {
      if (to_string(static_cast<Enumeration>(i)) == found) {
        return static_cast<Enumeration>(i);
      }
    }
    say(name, "an unknown word");
    return {};
  }

  std::string mistake_;
};

}  // namespace

Result<ProbeReport> read_probe(std::string_view text) { return Reader().read(text); }

}  // namespace efa
