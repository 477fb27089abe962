#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/base/files.h"

namespace efa::test {

/// The kernel's files, with the failures a test asks for.
///
/// Where something fails is said by the end of a path, in whole components of which each may hold
/// `*`: "hw_counters/tx_bytes", "rdmap0s6/ports/*/hw_counters/*". Paths are as they were opened,
/// put together over directory descriptors. Of several rules that match, the latest wins.
///
/// Threads  safe to call concurrently; must outlive every reader, blocked ones included
class FaultyFiles final : public Files {
 public:
  static constexpr int always = -1;

  /// open() and open_directory() fail, `times` times.
  void fail_open(std::string where, int errno_value, int times = always);
  /// read_at_start() fails, also through descriptors that are open already.
  void fail_read(std::string where, int errno_value, int times = always);
  void fail_list(std::string where, int errno_value, int times = always);
  /// Is listed, but is gone when it is opened or its link is read.
  void vanish(std::string where);
  /// read_at_start() gives `text` instead of the content.
  void replace(std::string where, std::string text);
  /// read_at_start() waits until release(); what it gives then is for the other rules to say.
  void block_reads(std::string where);
  /// Lets readers blocked there go on, and blocks no more.
  void release(std::string_view where);
  void release_all();
  /// open() and open_directory() fail with EMFILE while `count` descriptors that came from here are
  /// open.
  void limit_descriptors(std::size_t count);
  /// Drops every rule and lets blocked readers go on.
  void heal();

  /// Waits until `count` reads are blocked; false after ten seconds, so that a test fails and does
  /// not hang.
  bool wait_for_blocked(std::size_t count);
  [[nodiscard]] std::size_t blocked() const;
  /// Calls so far, failed ones included, of all paths that match.
  [[nodiscard]] std::size_t opens(std::string_view where) const;
  [[nodiscard]] std::size_t reads(std::string_view where) const;
  [[nodiscard]] std::size_t lists(std::string_view where) const;
  /// Descriptors that came from here and are open now.
  [[nodiscard]] std::size_t open_descriptors() const;

  Result<UniqueFd> open(int directory, const char* path) override;
  Result<UniqueFd> open_directory(int directory, const char* path) override;
  Result<std::size_t> read_at_start(int fd, std::span<char> buffer) override;
  Result<void> list(int directory, std::vector<DirectoryEntry>& entries) override;
  Result<std::string> read_link(int directory, const char* path) override;

 private:
  enum class Operation : std::uint8_t { open, read, list, read_link };
  struct Failure {
    Operation operation;
    std::string where;
    int errno_value;
    int times;
  };
  struct Replacement {
    std::string where;
    std::string text;
  };
  struct Opened {
    std::string path;
    dev_t device;
    ino_t inode;
  };
  using Counts = std::map<std::string, std::size_t, std::less<>>;

  // All of these with mutex_ held.
  [[nodiscard]] std::string path_of(int directory, const char* path) const;
  [[nodiscard]] std::string path_of(int fd) const;
  std::optional<Error> failure_of(Operation operation, const std::string& path);
  [[nodiscard]] bool is_blocked(const std::string& path) const;
  [[nodiscard]] std::size_t count_open() const;
  void add_failure(Operation operation, std::string where, int errno_value, int times);

  Result<UniqueFd> open_with(Result<UniqueFd> (PosixFiles::*function)(int, const char*),
                             int directory, const char* path);

  PosixFiles files_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Failure> failures_;
  std::vector<Replacement> replacements_;
  std::vector<std::string> blocks_;
  std::optional<std::size_t> descriptor_limit_;
  std::map<int, Opened> opened_;  // by descriptor; stale once closed, which nobody tells
  Counts opens_;
  Counts reads_;
  Counts lists_;
  std::size_t blocked_ = 0;
};

}  // namespace efa::test
