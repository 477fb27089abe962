#include "config/web_config.h"

#include <algorithm>

#include "config/config_file.h"
#include "config/web_config_reader.h"

namespace efa {
namespace {

bool is_of_bcrypt(char c) {
  return c == '.' || c == '/' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

ConfigError LoadedWebConfig::error_at(const std::string& path, const std::string& message) const {
  const auto place = places.find(path);
  const YamlMark mark = place == places.end() ? YamlMark{0, 0} : place->second;
  return {file, mark.line, mark.column, path + ": " + message};
}

LoadedWebConfig load_web_config(const std::string& path) {
  std::string text;
  const std::string problem = read_config_file(path, text);
  if (problem.empty()) {
    return parse_web_config(text, path);
  }
  LoadedWebConfig result;
  result.file = path;
  result.errors.push_back({path, 0, 0, problem});
  return result;
}

LoadedWebConfig parse_web_config(const std::string& text, const std::string& name) {
  LoadedWebConfig result;
  result.file = name;
  if (text.size() > largest_config_file) {
    result.errors.push_back({name, 0, 0, config_file_too_large});
    return result;
  }
  YamlTree tree = parse_yaml(text);
  std::vector<YamlProblem> problems = std::move(tree.problems);
  if (tree.root) {
    WebConfigReader(result, problems).read_root(*tree.root);
  }
  std::stable_sort(problems.begin(), problems.end(),
                   [](const YamlProblem& a, const YamlProblem& b) { return a.mark < b.mark; });
  for (YamlProblem& problem : problems) {
    result.errors.push_back(
        {name, problem.mark.line, problem.mark.column, std::move(problem.message)});
  }
  return result;
}

std::optional<unsigned> bcrypt_cost(std::string_view hash) {
  constexpr std::size_t length = 60;
  constexpr std::size_t before_salt = 7;  // "$2b$10$"
  constexpr unsigned least = 4;
  constexpr unsigned most = 31;
  const bool shaped = hash.size() == length && hash.starts_with("$2") &&
                      std::string_view("aby").find(hash[2]) != std::string_view::npos &&
                      hash[3] == '$' && is_digit(hash[4]) && is_digit(hash[5]) && hash[6] == '$';
  if (!shaped || !std::all_of(hash.begin() + before_salt, hash.end(),
                              [](char c) { return is_of_bcrypt(c); })) {
    return std::nullopt;
  }
  const auto cost = static_cast<unsigned>((hash[4] - '0') * 10 + (hash[5] - '0'));
  return cost >= least && cost <= most ? std::optional(cost) : std::nullopt;
}

}  // namespace efa
