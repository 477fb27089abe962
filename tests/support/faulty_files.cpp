#include "tests/support/faulty_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include <fnmatch.h>

namespace efa::test {
namespace {

// Cuts off and returns the last component of a path.
std::string take_last(std::string_view& path) {
  const std::size_t slash = path.rfind('/');
  const std::size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
  std::string last(path.substr(begin));
  path = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
  return last;
}

bool ends_in(std::string_view path, std::string_view where) {
  while (!where.empty()) {
    if (path.empty() || ::fnmatch(take_last(where).c_str(), take_last(path).c_str(), 0) != 0) {
      return false;
    }
  }
  return true;
}

template <typename Counts>
std::size_t sum_of(const Counts& counts, std::string_view where) {
  std::size_t sum = 0;
  for (const auto& [path, count] : counts) {
    sum += ends_in(path, where) ? count : 0;
  }
  return sum;
}

}  // namespace

void FaultyFiles::add_failure(Operation operation, std::string where, int errno_value, int times) {
  failures_.push_back({operation, std::move(where), errno_value, times});
}

void FaultyFiles::fail_open(std::string where, int errno_value, int times) {
  const std::lock_guard lock(mutex_);
  add_failure(Operation::open, std::move(where), errno_value, times);
}

void FaultyFiles::fail_read(std::string where, int errno_value, int times) {
  const std::lock_guard lock(mutex_);
  add_failure(Operation::read, std::move(where), errno_value, times);
}

void FaultyFiles::fail_list(std::string where, int errno_value, int times) {
  const std::lock_guard lock(mutex_);
  add_failure(Operation::list, std::move(where), errno_value, times);
}

void FaultyFiles::vanish(std::string where) {
  const std::lock_guard lock(mutex_);
  add_failure(Operation::open, where, ENOENT, always);
  add_failure(Operation::read_link, std::move(where), ENOENT, always);
}

void FaultyFiles::replace(std::string where, std::string text) {
  const std::lock_guard lock(mutex_);
  replacements_.push_back({std::move(where), std::move(text)});
}

void FaultyFiles::block_reads(std::string where) {
  const std::lock_guard lock(mutex_);
  blocks_.push_back(std::move(where));
}

void FaultyFiles::release(std::string_view where) {
  const std::lock_guard lock(mutex_);
  std::erase(blocks_, where);
  changed_.notify_all();
}

void FaultyFiles::release_all() {
  const std::lock_guard lock(mutex_);
  blocks_.clear();
  changed_.notify_all();
}

void FaultyFiles::limit_descriptors(std::size_t count) {
  const std::lock_guard lock(mutex_);
  descriptor_limit_ = count;
}

void FaultyFiles::heal() {
  const std::lock_guard lock(mutex_);
  failures_.clear();
  replacements_.clear();
  blocks_.clear();
  descriptor_limit_.reset();
  changed_.notify_all();
}

bool FaultyFiles::wait_for_blocked(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return blocked_ >= count; });
}

std::size_t FaultyFiles::blocked() const {
  const std::lock_guard lock(mutex_);
  return blocked_;
}

std::size_t FaultyFiles::opens(std::string_view where) const {
  const std::lock_guard lock(mutex_);
  return sum_of(opens_, where);
}

std::size_t FaultyFiles::reads(std::string_view where) const {
  const std::lock_guard lock(mutex_);
  return sum_of(reads_, where);
}

std::size_t FaultyFiles::lists(std::string_view where) const {
  const std::lock_guard lock(mutex_);
  return sum_of(lists_, where);
}

std::size_t FaultyFiles::open_descriptors() const {
  const std::lock_guard lock(mutex_);
  return count_open();
}

Result<UniqueFd> FaultyFiles::open(int directory, const char* path) {
  return open_with(&PosixFiles::open, directory, path);
}

Result<UniqueFd> FaultyFiles::open_directory(int directory, const char* path) {
  return open_with(&PosixFiles::open_directory, directory, path);
}

Result<std::size_t> FaultyFiles::read_at_start(int fd, std::span<char> buffer) {
  std::unique_lock lock(mutex_);
  const std::string path = path_of(fd);
  ++reads_[path];
  if (is_blocked(path)) {
    ++blocked_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !is_blocked(path); });
    --blocked_;
    changed_.notify_all();
  }
  if (auto failure = failure_of(Operation::read, path)) {
    return *failure;
  }
  const auto replacement =
      std::find_if(replacements_.rbegin(), replacements_.rend(),
                   [&](const Replacement& rule) { return ends_in(path, rule.where); });
  if (replacement != replacements_.rend()) {
    const std::size_t size = std::min(buffer.size(), replacement->text.size());
    std::memcpy(buffer.data(), replacement->text.data(), size);
    return size;
  }
  lock.unlock();
  return files_.read_at_start(fd, buffer);
}

Result<void> FaultyFiles::list(int directory, std::vector<DirectoryEntry>& entries) {
  {
    const std::lock_guard lock(mutex_);
    const std::string path = path_of(directory);
    ++lists_[path];
    if (auto failure = failure_of(Operation::list, path)) {
      return *failure;
    }
  }
  return files_.list(directory, entries);
}

Result<std::string> FaultyFiles::read_link(int directory, const char* path) {
  {
    const std::lock_guard lock(mutex_);
    if (auto failure = failure_of(Operation::read_link, path_of(directory, path))) {
      return *failure;
    }
  }
  return files_.read_link(directory, path);
}

Result<UniqueFd> FaultyFiles::open_with(Result<UniqueFd> (PosixFiles::*function)(int, const char*),
                                        int directory, const char* path) {
  const std::lock_guard lock(mutex_);
  std::string full = path_of(directory, path);
  ++opens_[full];
  if (auto failure = failure_of(Operation::open, full)) {
    return *failure;
  }
  if (descriptor_limit_ && count_open() >= *descriptor_limit_) {
    return Error::from_errno(EMFILE);
  }
  auto fd = (files_.*function)(directory, path);
  struct stat status {};
  if (fd && ::fstat(fd->get(), &status) == 0) {
    opened_[fd->get()] = {std::move(full), status.st_dev, status.st_ino};
  }
  return fd;
}

std::string FaultyFiles::path_of(int directory, const char* path) const {
  const bool stands_alone = directory == AT_FDCWD || *path == '/' || !opened_.contains(directory);
  return stands_alone ? std::string(path) : opened_.at(directory).path + "/" + path;
}

std::string FaultyFiles::path_of(int fd) const {
  const auto found = opened_.find(fd);
  return found == opened_.end() ? std::string() : found->second.path;
}

std::optional<Error> FaultyFiles::failure_of(Operation operation, const std::string& path) {
  const auto rule = std::find_if(failures_.rbegin(), failures_.rend(), [&](const Failure& failure) {
    return failure.operation == operation && failure.times != 0 && ends_in(path, failure.where);
  });
  if (rule == failures_.rend()) {
    return std::nullopt;
  }
  if (rule->times != always) {
    --rule->times;
  }
  return Error::from_errno(rule->errno_value);
}

bool FaultyFiles::is_blocked(const std::string& path) const {
  return std::any_of(blocks_.begin(), blocks_.end(),
                     [&](const std::string& where) { return ends_in(path, where); });
}

// A number that was closed and given to another file shows by its inode.
std::size_t FaultyFiles::count_open() const {
  return static_cast<std::size_t>(
      std::count_if(opened_.begin(), opened_.end(), [](const auto& entry) {
        struct stat status {};
        return ::fstat(entry.first, &status) == 0 && status.st_dev == entry.second.device &&
               status.st_ino == entry.second.inode;
      }));
}

}  // namespace efa::test
