#include "agent/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "collectors/base/unique_fd.h"

namespace efa {
namespace {

// The file beside its destination, in the same file system, so that rename(2) can be one step; its
// name does not end as the destination's does, so that nobody takes it for one.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& destination)
      : path_(destination + ".XXXXXX"), fd_(::mkostemp(path_.data(), O_CLOEXEC)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (fd_ && !renamed_) {
      ::unlink(path_.c_str());
    }
  }

  [[nodiscard]] bool created() const { return bool(fd_); }

  [[nodiscard]] bool write_all(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = ::write(fd_.get(), text.data(), text.size());
      if (written < 0 && errno == EINTR) {
        continue;
      }
      if (written < 0) {
        return false;
      }
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    constexpr mode_t readable_by_all = 0644;
    return ::fchmod(fd_.get(), readable_by_all) == 0 && ::fsync(fd_.get()) == 0;
  }

  bool rename_to(const std::string& destination) {
    renamed_ = ::rename(path_.c_str(), destination.c_str()) == 0;
    return renamed_;
  }

 private:
  std::string path_;
  UniqueFd fd_;
  bool renamed_ = false;
};

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

}  // namespace

Result<void> replace_file(const std::string& path, std::string_view text) {
  TemporaryFile file(path);
  if (!file.created() || !file.write_all(text) || !file.rename_to(path)) {
    return Error::from_errno(errno, path);
  }
  // So that the new name, too, outlives a crash; a file system that cannot do this has done its
  // best.
  const UniqueFd folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) {
    ::fsync(folder.get());
  }
  return {};
}

}  // namespace efa
