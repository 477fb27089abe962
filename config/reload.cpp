#include "config/reload.h"

#include "config/option_values.h"
#include "config/options.h"

namespace efa {

std::vector<std::string> unchangeable_differences(const Config& running, const Config& wanted) {
  std::vector<std::string> paths;
  for (const Option& option : options()) {
    if (option.change == Change::needs_restart && !same_value(option, running, wanted)) {
      paths.emplace_back(option.path);
    }
  }
  return paths;
}

Config with_restart_options_of(const Config& running, Config wanted) {
  for (const Option& option : options()) {
    if (option.change == Change::needs_restart) {
      copy_value(option, running, wanted);
    }
  }
  return wanted;
}

}  // namespace efa
