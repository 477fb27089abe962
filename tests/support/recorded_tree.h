#pragma once

#include <filesystem>
#include <string>

#include "tests/support/temp_dir.h"

namespace efa::test {

/// A tree of tests/data (its README has the format), unpacked into a directory of its own.
///
///     const RecordedTree tree(EFA_TEST_DATA "/p5_48xlarge_efa_3.1.tree");
///
/// Errors   thrown, with the line
class RecordedTree {
 public:
  explicit RecordedTree(const std::filesystem::path& file);

  /// The path to use in place of /sys.
  [[nodiscard]] std::string root() const { return dir_.path() / "sys"; }

 private:
  TempDir dir_;
};

}  // namespace efa::test
