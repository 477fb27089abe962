#include <cstddef>
#include <string>
#include <string_view>

#include "config/load.h"
#include "config/option_values.h"
#include "config/options.h"
#include "config/quoting.h"

namespace efa {
namespace {

std::string yaml(bool value) { return value ? "true" : "false"; }
std::string yaml(unsigned value) { return std::to_string(value); }
std::string yaml(const std::optional<unsigned>& value) {
  return value ? std::to_string(*value) : "auto";
}
std::string yaml(std::chrono::milliseconds value) { return duration_text(value); }
// Always in quotes: a plain "null", "~" or "1.0" is not a text to every reader of YAML.
std::string yaml(const std::string& value) { return quoted(value); }

std::string yaml(const std::vector<std::string>& list) {
  std::string result;
  for (const std::string& item : list) {
    result += (result.empty() ? "" : ", ") + quoted(item);
  }
  return "[" + result + "]";
}

std::string yaml(const std::map<std::string, std::string>& map) {
  std::string result;
  for (const auto& [key, value] : map) {
    result += (result.empty() ? "" : ", ") + quoted(key) + ": " + quoted(value);
  }
  return "{" + result + "}";
}

std::string yaml_of(const auto& type, const Config& config) { return yaml(type.member.in(config)); }
std::string yaml_of(const ChoiceOption& type, const Config& config) {
  return std::string(type.words[type.get(config)]);
}

}  // namespace

std::string yaml_value(const Option& option, const Config& config) {
  return std::visit([&](const auto& type) { return yaml_of(type, config); }, option.type);
}

std::string print_config(const Config& config) {
  std::string result;
  std::string_view open_section;
  for (const Option& option : options()) {
    const std::size_t dot = option.path.find('.');
    const bool nested = dot != std::string_view::npos;
    const std::string_view section = nested ? option.path.substr(0, dot) : std::string_view{};
    if (nested && section != open_section) {
      result.append(section).append(":\n");
    }
    open_section = section;
    result.append(nested ? "  " : "").append(nested ? option.path.substr(dot + 1) : option.path);
    result.append(": ").append(yaml_value(option, config)).append("\n");
  }
  return result;
}

}  // namespace efa
