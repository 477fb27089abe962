#include "config/load.h"

#include <algorithm>

#include "config/config_file.h"
#include "config/option_values.h"
#include "config/options.h"
#include "config/tree_reader.h"
#include "config/yaml_tree.h"

namespace efa {
namespace {

LoadedConfig failed(const std::string& name, const std::string& message) {
  return {{}, {{name, 0, 0, message}}};
}

std::string flag_of(const Option& option) {
  return option.flag.empty() ? "" : " (--" + std::string(option.flag) + ")";
}

}  // namespace

std::string ConfigError::to_string() const {
  if (line == 0) {
    return file + ": " + message;
  }
  return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + message;
}

LoadedConfig load_config(const std::string& path) {
  std::string text;
  const std::string problem = read_config_file(path, text);
  return problem.empty() ? parse_config(text, path) : failed(path, problem);
}

LoadedConfig parse_config(const std::string& text, const std::string& name) {
  if (text.size() > largest_config_file) {
    return failed(name, config_file_too_large);
  }
  LoadedConfig result;
  YamlTree tree = parse_yaml(text);
  std::vector<YamlProblem> problems = std::move(tree.problems);
  if (tree.root) {
    TreeReader reader(result.config, problems);
    reader.read_root(*tree.root);
  }
  std::stable_sort(problems.begin(), problems.end(),
                   [](const YamlProblem& a, const YamlProblem& b) { return a.mark < b.mark; });
  for (YamlProblem& problem : problems) {
    result.errors.push_back(
        {name, problem.mark.line, problem.mark.column, std::move(problem.message)});
  }
  return result;
}

std::vector<ConfigError> check_config(const Config& config, const std::string& origin) {
  std::vector<ConfigError> errors;
  for (const Option& option : options()) {
    for (const ValueProblem& problem : value_problems(option, config)) {
      errors.push_back(
          {origin, 0, 0,
           std::string(option.path) + problem.item + flag_of(option) + ": " + problem.message});
    }
  }
  return errors;
}

}  // namespace efa
