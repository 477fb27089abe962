#include "agent/atomic_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("a file is replaced in one step, readable by all, and nothing is left beside it") {
  const efa::test::TempDir dir;
  const auto path = dir.path() / "efa.prom";
  std::ofstream(path) << "old\n";
  REQUIRE(efa::replace_file(path, "new\n"));
  CHECK(content_of(path) == "new\n");
  struct stat attributes {};
  REQUIRE(::stat(path.c_str(), &attributes) == 0);
  CHECK((attributes.st_mode & 07777) == 0644);
  CHECK(files_in(dir.path()) == 1);
}

TEST_CASE("a reader that has the old file open goes on reading the old file") {
  const efa::test::TempDir dir;
  const auto path = dir.path() / "efa.prom";
  std::ofstream(path) << "old\n";
  std::ifstream reader(path);
  REQUIRE(efa::replace_file(path, "new\n"));
  CHECK(std::string{std::istreambuf_iterator<char>(reader), {}} == "old\n");
}

TEST_CASE("a folder that is not there is an error that names the file") {
  const auto result = efa::replace_file("/nonexistent/efa.prom", "x");
  REQUIRE_FALSE(result);
  CHECK(result.error().message().find("/nonexistent/efa.prom: No such file") == 0);
}

TEST_CASE("a destination that cannot be replaced leaves no temporary file") {
  const efa::test::TempDir dir;
  std::filesystem::create_directory(dir.path() / "efa.prom");
  std::filesystem::create_directory(dir.path() / "efa.prom" / "inside");
  CHECK_FALSE(efa::replace_file(dir.path() / "efa.prom", "x"));
  CHECK(files_in(dir.path()) == 1);
}
