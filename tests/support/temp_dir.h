#pragma once

#include <filesystem>

namespace efa::test {

/// A directory of its own for one test, removed with everything in it.
///
/// Source   /dev/shm if it can be written to, else TMPDIR
/// Errors   thrown
class TempDir {
 public:
  TempDir();
  /// In that folder: programs may not be executed in /dev/shm.
  explicit TempDir(const std::filesystem::path& parent);
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace efa::test
