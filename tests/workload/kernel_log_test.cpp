#include "collectors/proc/kernel_log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace efa::test {
namespace {

constexpr std::string_view words[] = {"nothing", "efa "};
constexpr std::string_view others_words[] = {"mlx5"};

TEST_CASE("a record is its text, without head and dictionary") {
  CHECK(text_of_record("6,339,5140900,-;efa 0000:00:1d.0: up\n SUBSYSTEM=pci\n DEVICE=+pci\n") ==
        "efa 0000:00:1d.0: up");
  CHECK(text_of_record("6,339,5140900,-;").empty());
  CHECK(text_of_record("no record").empty());
  CHECK(text_of_record("").empty());
}

TEST_CASE("lines with the word are told, the last ones of many") {
  const TempDir folder;
  const std::string path = folder.path() / "kmsg";
  std::ofstream(path) << "6,1,1,-;efa one\n";  // a file gives all in one read: one record
  const auto lines = read_kernel_log(path, words, 5);
  REQUIRE(lines);
  CHECK(*lines == std::vector<std::string>{"efa one"});
  const auto others = read_kernel_log(path, others_words, 5);
  REQUIRE(others);
  CHECK(others->empty());
  const auto none = read_kernel_log(path, words, 0);
  REQUIRE(none);
  CHECK(none->empty());
}

TEST_CASE("a log that is not there, or may not be read, is an error") {
  const auto absent = read_kernel_log("/nowhere/kmsg", words, 5);
  REQUIRE_FALSE(absent);
  CHECK(absent.error().reason == Reason::absent);
  const TempDir folder;
  const auto directory = read_kernel_log(folder.path(), words, 5);
  REQUIRE_FALSE(directory);
  CHECK(directory.error().errno_value == EISDIR);
}

}  // namespace
}  // namespace efa::test
