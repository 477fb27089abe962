#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace efa {

/// Whether files are still those that were read, by their metadata.
///
/// Usage    look_at() each file before it is read; changed() from then on
/// Cost     a stat(2) a file. A file that changed just before it was looked at counts as changed
///          once more, because the kernel's clock ticks only so often
class FileWatch {
 public:
  void look_at(const std::string& path);
  [[nodiscard]] bool changed() const;
  /// Whether a file was so new that changed() says yes though nothing may have happened.
  [[nodiscard]] bool is_uncertain() const { return uncertain_; }

 private:
  struct Stamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = -1;  // of no file
    std::int64_t modified = 0;
    std::int64_t changed = 0;

    bool operator==(const Stamp&) const = default;
  };
  struct Watched {
    std::string path;
    Stamp stamp;
  };
  static Stamp stamp_of(const std::string& path);

  std::vector<Watched> files_;
  bool uncertain_ = false;
};

}  // namespace efa
