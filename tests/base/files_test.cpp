#include "collectors/base/files.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/sysfs_tree.h"
#include "tests/support/temp_dir.h"

namespace efa {
namespace {

using test::SysfsTree;
using test::TempDir;
using test::write_in_place;

std::vector<DirectoryEntry> entries_of(Files& files, const std::string& path) {
  std::vector<DirectoryEntry> entries;
  const auto directory = files.open_directory(AT_FDCWD, path.c_str());
  REQUIRE(directory);
  REQUIRE(files.list(directory->get(), entries));
  return entries;
}

std::set<std::string> names_of(const std::vector<DirectoryEntry>& entries) {
  std::set<std::string> names;
  for (const DirectoryEntry& entry : entries) {
    names.insert(entry.name);
  }
  return names;
}

TEST_CASE("a directory is listed without itself and its parent") {
  const TempDir dir;
  write_in_place(dir.path() / "a", "1");
  write_in_place(dir.path() / "b", "2");
  PosixFiles files;
  CHECK(names_of(entries_of(files, dir.path())) == std::set<std::string>{"a", "b"});
}

TEST_CASE("an empty directory has no entries, also after a full one into the same storage") {
  const TempDir dir;
  write_in_place(dir.path() / "full" / "a", "1");
  std::filesystem::create_directory(dir.path() / "empty");
  PosixFiles files;
  std::vector<DirectoryEntry> entries = entries_of(files, dir.path() / "full");
  REQUIRE(entries.size() == 1);
  const auto empty = files.open_directory(AT_FDCWD, (dir.path() / "empty").c_str());
  REQUIRE(empty);
  REQUIRE(files.list(empty->get(), entries));
  CHECK(entries.empty());
}

TEST_CASE("a directory too large for one read of the kernel is listed whole") {
  const TempDir dir;
  std::set<std::string> names;
  for (int i = 0; i < 500; ++i) {
    names.insert("a_name_that_is_not_short_" + std::to_string(i));
    write_in_place(dir.path() / ("a_name_that_is_not_short_" + std::to_string(i)), "");
  }
  PosixFiles files;
  const auto entries = entries_of(files, dir.path());
  CHECK(entries.size() == names.size());
  CHECK(names_of(entries) == names);
}

TEST_CASE("a directory that is listed again shows what has come since") {
  const TempDir dir;
  PosixFiles files;
  const auto directory = files.open_directory(AT_FDCWD, dir.path().c_str());
  REQUIRE(directory);
  std::vector<DirectoryEntry> entries;
  REQUIRE(files.list(directory->get(), entries));
  REQUIRE(entries.empty());
  write_in_place(dir.path() / "new", "1");
  REQUIRE(files.list(directory->get(), entries));
  CHECK(names_of(entries) == std::set<std::string>{"new"});
}

TEST_CASE("a device re-created under the same name has another inode") {
  SysfsTree tree;
  tree.device("rdmap0s6");
  PosixFiles files;
  const std::string path = tree.root() + "/class/infiniband";
  const auto before = entries_of(files, path);
  CHECK(entries_of(files, path) == before);
  tree.device("rdmap0s6").recreate();
  const auto after = entries_of(files, path);
  REQUIRE(before.size() == 1);
  REQUIRE(after.size() == 1);
  CHECK(after[0].name == before[0].name);
  CHECK(after[0].inode != before[0].inode);
}

TEST_CASE("a kept descriptor reads from the start each time") {
  const TempDir dir;
  write_in_place(dir.path() / "tx_bytes", "123\n");
  PosixFiles files;
  const auto directory = files.open_directory(AT_FDCWD, dir.path().c_str());
  REQUIRE(directory);
  const auto fd = files.open(directory->get(), "tx_bytes");
  REQUIRE(fd);
  for (const std::string text : {"123\n", "4567\n"}) {
    write_in_place(dir.path() / "tx_bytes", text);
    std::array<char, 32> buffer{};
    const auto size = files.read_at_start(fd->get(), buffer);
    REQUIRE(size);
    CHECK(std::string(buffer.data(), *size) == text);
  }
}

TEST_CASE("a read gives no more than the buffer holds") {
  const TempDir dir;
  write_in_place(dir.path() / "long", "0123456789");
  PosixFiles files;
  const auto fd = files.open(AT_FDCWD, (dir.path() / "long").c_str());
  REQUIRE(fd);
  std::array<char, 4> buffer{};
  const auto size = files.read_at_start(fd->get(), buffer);
  REQUIRE(size);
  CHECK(std::string(buffer.data(), *size) == "0123");
}

TEST_CASE("the text of a file comes without white space at its ends") {
  const TempDir dir;
  write_in_place(dir.path() / "rate", " 100 Gb/sec (4X EDR)\n");
  write_in_place(dir.path() / "fw_ver", "\n");
  write_in_place(dir.path() / "empty", "");
  PosixFiles files;
  const auto text_of = [&](const char* name) {
    const auto text = files.read_text(AT_FDCWD, (dir.path() / name).c_str());
    REQUIRE(text);
    return *text;
  };
  CHECK(text_of("rate") == "100 Gb/sec (4X EDR)");
  CHECK(text_of("fw_ver").empty());
  CHECK(text_of("empty").empty());
}

TEST_CASE("a link tells its target, whether that exists or not") {
  const TempDir dir;
  std::filesystem::create_symlink("../../0000:00:06.0", dir.path() / "device");
  PosixFiles files;
  const auto target = files.read_link(AT_FDCWD, (dir.path() / "device").c_str());
  REQUIRE(target);
  CHECK(*target == "../../0000:00:06.0");
}

TEST_CASE("a failed operation says the kernel's errno and the reason behind it") {
  const TempDir dir;
  write_in_place(dir.path() / "file", "1");
  PosixFiles files;
  const auto missing = files.open(AT_FDCWD, (dir.path() / "missing").c_str());
  REQUIRE_FALSE(missing);
  CHECK(missing.error().errno_value == ENOENT);
  CHECK(missing.error().reason == Reason::absent);
  const auto not_a_directory = files.open_directory(AT_FDCWD, (dir.path() / "file").c_str());
  REQUIRE_FALSE(not_a_directory);
  CHECK(not_a_directory.error().errno_value == ENOTDIR);
  const auto not_a_link = files.read_link(AT_FDCWD, (dir.path() / "file").c_str());
  REQUIRE_FALSE(not_a_link);
  CHECK(not_a_link.error().errno_value == EINVAL);
  std::array<char, 8> buffer{};
  const auto not_open = files.read_at_start(-1, buffer);
  REQUIRE_FALSE(not_open);
  CHECK(not_open.error().errno_value == EBADF);
  const auto fd = files.open(AT_FDCWD, (dir.path() / "file").c_str());
  REQUIRE(fd);
  std::vector<DirectoryEntry> entries;
  const auto not_listed = files.list(fd->get(), entries);
  REQUIRE_FALSE(not_listed);
  CHECK(not_listed.error().errno_value == ENOTDIR);
}

TEST_CASE("each errno of a sysfs read has the reason that says how to react") {
  CHECK(reason_of(ENOENT) == Reason::absent);
  CHECK(reason_of(EOPNOTSUPP) == Reason::unsupported);
  CHECK(reason_of(EACCES) == Reason::denied);
  CHECK(reason_of(EPERM) == Reason::denied);
  CHECK(reason_of(ETIME) == Reason::timeout);
  CHECK(reason_of(ENODEV) == Reason::closed);
  CHECK(reason_of(EMFILE) == Reason::no_descriptors);
  CHECK(reason_of(ENFILE) == Reason::no_descriptors);
  CHECK(reason_of(EIO) == Reason::transient);
  CHECK(reason_of(EINVAL) == Reason::transient);
  CHECK(reason_of(ENOMEM) == Reason::transient);
}

TEST_CASE("an error's message is its context and the words for its errno") {
  CHECK(Error::from_errno(EIO, "rate").message() == "rate: Input/output error");
  CHECK(Error::from_errno(EIO).message() == "Input/output error");
  CHECK(Error{Reason::malformed, 0, "rate: N/A"}.message() == "rate: N/A");
  CHECK(Error{Reason::malformed, 0, ""}.message() == "malformed");
}

}  // namespace
}  // namespace efa
