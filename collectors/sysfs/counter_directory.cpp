#include "collectors/sysfs/counter_directory.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <utility>

#include "collectors/base/number.h"

namespace efa {
namespace {

// The longest number is 20 digits and a newline; a text that fills this may have been cut off.
using NumberText = std::array<char, 32>;

Result<std::uint64_t> read_number(Files& files, int fd) {
  NumberText text;  // filled by the read
  const auto size = files.read_at_start(fd, text);
  if (!size) {
    return size.error();
  }
  const auto value = parse_u64({text.data(), *size});
  if (!value || *size == text.size()) {
    return Error{Reason::malformed, 0, {}};
  }
  return *value;
}

}  // namespace

CounterDirectory::CounterDirectory(Files& files, DescriptorBudget& budget, std::string path)
    : files_(&files), budget_(&budget), path_(std::move(path)) {}

CounterDirectory::CounterDirectory(CounterDirectory&& other) noexcept
    : files_(other.files_),
      budget_(other.budget_),
      path_(std::move(other.path_)),
      names_(std::move(other.names_)),
      directory_(std::move(other.directory_)),
      kept_(std::move(other.kept_)),
      taken_(std::exchange(other.taken_, 0)) {}

CounterDirectory::~CounterDirectory() { budget_->give_back(taken_); }

Result<CounterDirectory> CounterDirectory::open(Files& files, std::string path,
                                                DescriptorBudget& budget) {
  CounterDirectory result(files, budget, std::move(path));
  auto directory = files.open_directory(AT_FDCWD, result.path_.c_str());
  if (!directory) {
    return directory.error();
  }
  result.directory_ = std::move(*directory);
  std::vector<DirectoryEntry> entries;
  if (const auto listed = files.list(result.directory_.get(), entries); !listed) {
    return listed.error();
  }
  for (DirectoryEntry& entry : entries) {
    if (!entry.name.starts_with('.')) {
      result.names_.push_back(std::move(entry.name));
    }
  }
  std::sort(result.names_.begin(), result.names_.end());
  result.keep_descriptors();
  return result;
}

void CounterDirectory::keep_descriptors() {
  const std::size_t wanted = names_.size() + 1;
  if (!budget_->take(wanted)) {
    directory_.reset();
    return;
  }
  taken_ = wanted;
  kept_.resize(names_.size());
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (auto fd = files_->open(directory_.get(), names_[i].c_str())) {
      kept_[i] = std::move(*fd);
    }  // else: read_u64() tries again and reports
  }
}

Result<void> CounterDirectory::begin_reads() {
  if (directory_) {
    return {};
  }
  auto directory = files_->open_directory(AT_FDCWD, path_.c_str());
  if (!directory) {
    return directory.error();
  }
  directory_ = std::move(*directory);
  return {};
}

void CounterDirectory::end_reads() {
  if (taken_ == 0) {
    directory_.reset();
  }
}

Result<std::uint64_t> CounterDirectory::read_u64(std::size_t index) {
  if (!kept_.empty() && kept_[index]) {
    return read_number(*files_, kept_[index].get());
  }
  const auto fd = files_->open(directory_.get(), names_[index].c_str());
  if (!fd) {
    return fd.error();
  }
  return read_number(*files_, fd->get());
}

}  // namespace efa
