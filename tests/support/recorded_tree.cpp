#include "tests/support/recorded_tree.h"

#include <fstream>
#include <stdexcept>

#include "tests/support/sysfs_tree.h"

namespace efa::test {
namespace fs = std::filesystem;
namespace {

// Below the root, whatever a line says.
fs::path place_of(const fs::path& root, std::string_view name) {
  const fs::path relative = fs::path(name).lexically_normal();
  if (name.empty() || relative.is_absolute() || *relative.begin() == "..") {
    throw std::runtime_error("not a path below the root");
  }
  return root / relative;
}

void unpack(const fs::path& root, std::string_view line) {
  constexpr std::string_view arrow = " -> ";
  if (const auto tab = line.find('\t'); tab != std::string_view::npos) {
    write_in_place(place_of(root, line.substr(0, tab)), std::string(line.substr(tab + 1)) + "\n");
  } else if (const auto at = line.find(arrow); at != std::string_view::npos) {
    const fs::path link = place_of(root, line.substr(0, at));
    fs::create_directories(link.parent_path());
    fs::create_symlink(line.substr(at + arrow.size()), link);
  } else {
    throw std::runtime_error("neither a file nor a link");
  }
}

}  // namespace

RecordedTree::RecordedTree(const fs::path& file) {
  std::ifstream lines(file);
  if (!lines) {
    throw std::runtime_error("cannot read " + file.string());
  }
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    try {
      unpack(root(), line);
    } catch (const std::exception& error) {
      throw std::runtime_error(file.string() + ":" + std::to_string(number) + ": " + error.what());
    }
  }
}

}  // namespace efa::test
