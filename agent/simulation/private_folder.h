#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "collectors/base/result.h"
#include "collectors/base/unique_fd.h"

namespace efa {

/// A folder of this process alone, in a directory that anybody may write to, removed with
/// everything in it when it goes; one that an earlier process left behind because it was killed is
/// removed by the next.
///
/// It is held by a lock on its own descriptor, so that a folder in use is told from one left behind
/// whatever the process id; symbolic links are not followed, and nothing is touched that belongs
/// to another user or that others could write to.
///
/// Errors   errno, with the path
/// Threads  one at a time
class PrivateFolder {
 public:
  /// Makes `<parent>/<stem>.<uid>.<random>`, mode 0700, after removing what is left of others like
  /// it.
  static Result<std::unique_ptr<PrivateFolder>> create(const std::filesystem::path& parent,
                                                       const std::string& stem);
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  ~PrivateFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Makes a folder below this one, with those above it.
  Result<void> make_folder(const std::string& name) const;
  /// Writes a file below this one over what it holds, in one write and in place: descriptors that
  /// readers keep stay good. Does not shorten it.
  Result<void> write(const std::string& name, std::string_view bytes) const;
  Result<void> make_link(const std::string& name, const std::string& target) const;

 private:
  PrivateFolder(std::filesystem::path path, UniqueFd locked);
  [[nodiscard]] Error failed(const std::string& name) const;

  std::filesystem::path path_;
  UniqueFd folder_;  // holds the lock
};

}  // namespace efa
