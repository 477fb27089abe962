#include "config/load.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <system_error>

#include "config/option_values.h"
#include "config/options.h"
#include "config/tree_reader.h"
#include "config/yaml_tree.h"

namespace efa {
namespace {

constexpr std::size_t largest_file = 1024UL * 1024UL;

LoadedConfig failed(const std::string& name, const std::string& message) {
  return {{}, {{name, 0, 0, message}}};
}

std::string errno_text(int errno_value) { return std::generic_category().message(errno_value); }

/// Why a file is not read, or the bytes of it in `text`.
std::string read_file(int fd, std::string& text) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return errno_text(errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return S_ISDIR(status.st_mode) ? "is a directory; allowed is a file" : "is not a regular file";
  }
  std::array<char, 16384> buffer{};
  while (text.size() <= largest_file) {
    const ssize_t size = ::read(fd, buffer.data(), buffer.size());
    if (size == 0) {
      return {};
    }
    if (size > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(size));
    } else if (errno != EINTR) {
      return errno_text(errno);
    }
  }
  return "is larger than 1 MiB, the most a configuration may have";
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
  // Not to block on a FIFO; regular files do not care.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return failed(path, errno_text(errno));
  }
  std::string text;
  const std::string problem = read_file(fd, text);
  ::close(fd);
  return problem.empty() ? parse_config(text, path) : failed(path, problem);
}

LoadedConfig parse_config(const std::string& text, const std::string& name) {
  if (text.size() > largest_file) {
    return failed(name, "is larger than 1 MiB, the most a configuration may have");
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
