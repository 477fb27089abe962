#include "tests/support/golden_file.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>

#include "tests/support/catch.h"

namespace efa::test {
namespace {

// The first line that differs tells more than two pages side by side.
std::string first_difference(const std::string& expected, const std::string& actual) {
  std::istringstream wanted(expected);
  std::istringstream found(actual);
  std::string want;
  std::string find;
  for (int line = 1;; ++line) {
    const bool more_wanted = static_cast<bool>(std::getline(wanted, want));
    const bool more_found = static_cast<bool>(std::getline(found, find));
    if (!more_wanted && !more_found) {
      return {};
    }
    if (more_wanted != more_found || want != find) {
      return "line " + std::to_string(line) + ":\n- " + (more_wanted ? want : "(end)") + "\n+ " +
             (more_found ? find : "(end)");
    }
  }
}

}  // namespace

void check_golden(const std::string& path, const std::string& actual) {
  const char* update = std::getenv("EFA_UPDATE_GOLDEN");
  if (update != nullptr && std::string_view(update) == "1") {
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  INFO("golden file " << path << " (EFA_UPDATE_GOLDEN=1 rewrites it)");
  REQUIRE(file.is_open());
  const std::string expected{std::istreambuf_iterator<char>(file), {}};
  INFO(first_difference(expected, actual));
  CHECK((expected == actual));
}

void check_golden_part(const std::string& path, const std::string& part,
                       const std::string& actual) {
  std::ifstream file(path, std::ios::binary);
  INFO(path << ": " << part);
  REQUIRE(file.is_open());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string first_line = "generated: " + part + "\n";
  const std::size_t start = text.find(first_line);
  REQUIRE(start != std::string::npos);
  const std::size_t end = text.find("end: " + part + "\n", start);
  REQUIRE(end != std::string::npos);
  const std::size_t begin = start + first_line.size();
  const std::size_t last_line = text.rfind('\n', end) + 1;
  check_golden(path, text.substr(0, begin) + actual + text.substr(last_line));
}

}  // namespace efa::test
