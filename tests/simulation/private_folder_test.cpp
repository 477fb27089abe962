#include "agent/simulation/private_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/base/files.h"
#include "tests/support/catch.h"
#include "tests/support/sysfs_tree.h"
#include "tests/support/temp_dir.h"

namespace efa {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using test::write_in_place;

std::unique_ptr<PrivateFolder> make(const fs::path& parent) {
  auto made = PrivateFolder::create(parent, "folder");
  REQUIRE(made);
  return std::move(*made);
}

// A folder as a killed process leaves it.
fs::path left_behind(const fs::path& parent, const std::string& random) {
  fs::path folder = parent / ("folder." + std::to_string(::geteuid()) + "." + random);
  fs::create_directory(folder);
  fs::permissions(folder, fs::perms::owner_all);
  write_in_place(folder / "sys/class/file", "1");
  return folder;
}

std::string text_at(const fs::path& path) {
  const auto text = PosixFiles().read_text(AT_FDCWD, path.c_str());
  return text ? *text : text.error().message();
}

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

TEST_CASE("a private folder is open to its owner only") {
  const TempDir parent;
  const auto folder = make(parent.path());
  CHECK(folder->path().parent_path() == parent.path());
  CHECK(folder->path().filename().string().starts_with("folder." + std::to_string(::geteuid()) +
                                                       "."));
  CHECK(fs::status(folder->path()).permissions() == fs::perms::owner_all);
}

TEST_CASE("a private folder goes with everything in it") {
  const TempDir parent;
  auto folder = make(parent.path());
  REQUIRE(folder->make_folder("a/b/c"));
  REQUIRE(folder->write("a/b/c/file", "1\n"));
  REQUIRE(folder->make_link("a/link", "b"));
  CHECK(text_at(folder->path() / "a/link/c/file") == "1");
  folder.reset();
  CHECK(fs::is_empty(parent.path()));
}

TEST_CASE("a file is written in place, so that a kept descriptor sees the new value") {
  const TempDir parent;
  const auto folder = make(parent.path());
  REQUIRE(folder->write("value", "9\n"));
  PosixFiles files;
  const auto kept = files.open(AT_FDCWD, (folder->path() / "value").c_str());
  REQUIRE(kept);
  REQUIRE(folder->write("value", "10\n"));
  std::array<char, 8> buffer{};
  const auto size = files.read_at_start(kept->get(), buffer);
  REQUIRE(size);
  CHECK(std::string(buffer.data(), *size) == "10\n");
}

TEST_CASE("what cannot be written is an error that names the path") {
  const TempDir parent;
  const auto folder = make(parent.path());
  const auto missing = folder->write("no/such/folder", "1");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().errno_value == ENOENT);
  CHECK(missing.error().context == (folder->path() / "no/such/folder").string());
  REQUIRE(folder->write("file", "1"));
  CHECK_FALSE(folder->make_folder("file/below"));
  CHECK_FALSE(folder->make_link("file", "target"));
}

TEST_CASE("a private folder does not write through a link") {
  const TempDir parent;
  write_in_place(parent.path() / "precious", "old\n");
  const auto folder = make(parent.path());
  REQUIRE(folder->make_link("value", parent.path() / "precious"));
  CHECK_FALSE(folder->write("value", "new\n"));
  CHECK(text_at(parent.path() / "precious") == "old");
}

TEST_CASE("a parent that is not there is an error") {
  const TempDir parent;
  const auto made = PrivateFolder::create(parent.path() / "missing", "folder");
  REQUIRE_FALSE(made);
  CHECK(made.error().errno_value == ENOENT);
  CHECK(contains(made.error().context, "missing"));
}

TEST_CASE("a folder that was left behind is removed by the next one") {
  const TempDir parent;
  const fs::path old = left_behind(parent.path(), "AAAAAA");
  const auto folder = make(parent.path());
  CHECK_FALSE(fs::exists(old));
  CHECK(fs::exists(folder->path()));
}

TEST_CASE("a folder in use is left alone by the next one") {
  const TempDir parent;
  const auto first = make(parent.path());
  REQUIRE(first->write("value", "1\n"));
  const auto second = make(parent.path());
  CHECK(first->path() != second->path());
  CHECK(text_at(first->path() / "value") == "1");
}

TEST_CASE("a link that is named like a folder left behind is not followed") {
  const TempDir parent;
  const TempDir precious;
  write_in_place(precious.path() / "file", "1");
  fs::permissions(precious.path(), fs::perms::owner_all);
  fs::create_symlink(precious.path(),
                     parent.path() / ("folder." + std::to_string(::geteuid()) + ".BBBBBB"));
  const auto folder = make(parent.path());
  CHECK(fs::exists(precious.path() / "file"));
}

TEST_CASE("links inside a folder left behind are removed, not what they lead to") {
  const TempDir parent;
  const TempDir precious;
  write_in_place(precious.path() / "file", "1");
  const fs::path old = left_behind(parent.path(), "CCCCCC");
  fs::create_symlink(precious.path(), old / "sys/class/link");
  const auto folder = make(parent.path());
  CHECK_FALSE(fs::exists(old));
  CHECK(fs::exists(precious.path() / "file"));
}

TEST_CASE("a folder that others may write to, or of another name, is left alone") {
  const TempDir parent;
  const fs::path open_to_all = left_behind(parent.path(), "DDDDDD");
  fs::permissions(open_to_all, fs::perms::all);
  const fs::path of_another = parent.path() / "folder.4294967294.EEEEEE";
  fs::create_directory(of_another);
  fs::permissions(of_another, fs::perms::owner_all);
  write_in_place(parent.path() / ("folder." + std::to_string(::geteuid()) + ".FFFFFF"), "a file");
  const auto folder = make(parent.path());
  CHECK(fs::exists(open_to_all / "sys/class/file"));
  CHECK(fs::exists(of_another));
  CHECK(fs::exists(parent.path() / ("folder." + std::to_string(::geteuid()) + ".FFFFFF")));
}

TEST_CASE(
    "processes that start at the same moment do not take each other's folders for left behind") {
  const TempDir parent;
  constexpr int processes = 4;
  constexpr int times = 100;
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      bool good = true;
      for (int time = 0; time < times && good; ++time) {
        const auto made = PrivateFolder::create(parent.path(), "folder");
        good = made.ok() && (*made)->make_folder("a/b").ok() && (*made)->write("a/b/c", "1").ok() &&
               fs::exists((*made)->path() / "a/b/c");
      }
      ::_exit(good ? 0 : 1);
    }
    REQUIRE(child > 0);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  CHECK(fs::is_empty(parent.path()));
}

}  // namespace
}  // namespace efa
