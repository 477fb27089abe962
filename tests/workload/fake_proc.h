#pragma once

#include <cerrno>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "tests/support/faulty_files.h"
#include "tests/support/sysfs_tree.h"
#include "tests/support/temp_dir.h"

namespace efa::test {

/// A fake /proc.
class FakeProc {
 public:
  struct Process {
    std::uint32_t pid = 0;
    std::uint32_t tgid = 0;  // 0: the pid
    std::string comm = "rank";
    std::uint32_t parent = 1;
    std::uint64_t start_ticks = 1000;
    std::uint32_t uid = 1000;
    std::string cgroup = "0::/system.slice/a.service\n";
  };

  static std::string stat_of(const Process& process) {
    return std::to_string(process.pid) + " (" + process.comm + ") S " +
           std::to_string(process.parent) + " 5571 3130 0 -1 4194304 101 0 0 0 0 0 0 0 20 0 1 0 " +
           std::to_string(process.start_ticks) + " 3133440 408 18446744073709551615 1 1 0 0\n";
  }
  static std::string status_of(const Process& process) {
    const std::string uid = '\t' + std::to_string(process.uid);
    return "Name:\trank\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t" +
           std::to_string(process.tgid != 0 ? process.tgid : process.pid) + "\nNgid:\t0\nPid:\t" +
           std::to_string(process.pid) + "\nPPid:\t1\nUid:" + uid + uid + uid + uid +
           "\nGid:\t7\t7\t7\t7\n";
  }

  /// Adds the process, or makes it another one.
  void set(const Process& process) {
    set(process.pid, "stat", stat_of(process));
    set(process.pid, "status", status_of(process));
    set(process.pid, "cgroup", process.cgroup);
  }
  void set(std::uint32_t pid, const char* file, const std::string& text) {
    write_in_place(dir_.path() / std::to_string(pid) / file, text);
  }
  void remove(std::uint32_t pid) { std::filesystem::remove_all(dir_.path() / std::to_string(pid)); }
  void remove(std::uint32_t pid, const char* file) {
    std::filesystem::remove(dir_.path() / std::to_string(pid) / file);
  }

  [[nodiscard]] std::string root() const { return dir_.path(); }

 private:
  TempDir dir_;
};

/// Files that call `before` with the number of each call, from 0, before it is made.
class SteppedFiles final : public Files {
 public:
  explicit SteppedFiles(std::function<void(int)> before) : before_(std::move(before)) {}

  Result<UniqueFd> open(int directory, const char* path) override {
    before_(calls_++);
    return files.open(directory, path);
  }
  Result<UniqueFd> open_directory(int directory, const char* path) override {
    before_(calls_++);
    return files.open_directory(directory, path);
  }
  Result<std::size_t> read_at_start(int fd, std::span<char> buffer) override {
    before_(calls_++);
    return files.read_at_start(fd, buffer);
  }
  Result<void> list(int directory, std::vector<DirectoryEntry>& entries) override {
    before_(calls_++);
    return files.list(directory, entries);
  }
  Result<std::string> read_link(int directory, const char* path) override {
    before_(calls_++);
    return files.read_link(directory, path);
  }
  [[nodiscard]] int calls() const { return calls_; }

  FaultyFiles files;

 private:
  std::function<void(int)> before_;
  int calls_ = 0;
};

}  // namespace efa::test
