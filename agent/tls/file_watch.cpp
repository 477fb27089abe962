#include "agent/tls/file_watch.h"

#include <algorithm>
#include <ctime>

namespace efa {
namespace {

constexpr std::int64_t nanoseconds = 1'000'000'000;
constexpr std::int64_t coarsest_tick = 20'000'000;

std::int64_t number(const timespec& time) { return time.tv_sec * nanoseconds + time.tv_nsec; }

std::int64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return number(time);
}

}  // namespace

FileWatch::Stamp FileWatch::stamp_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return {};
  }
  return {status.st_dev, status.st_ino, status.st_size, number(status.st_mtim),
          number(status.st_ctim)};
}

void FileWatch::look_at(const std::string& path) {
  files_.push_back({path, stamp_of(path)});
  const std::int64_t age = now() - files_.back().stamp.changed;
  uncertain_ = uncertain_ || (age > -coarsest_tick && age < coarsest_tick);
}

bool FileWatch::changed() const {
  return uncertain_ || std::any_of(files_.begin(), files_.end(), [](const Watched& file) {
           return stamp_of(file.path) != file.stamp;
         });
}

}  // namespace efa
