#include "collectors/workload/process_directory.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

namespace efa {

Result<ProcessDirectory> ProcessDirectory::open(Files& files, const std::string& procfs,
                                                std::uint32_t pid) {
  ProcessDirectory result(files, procfs + '/' + std::to_string(pid));
  auto directory = files.open_directory(AT_FDCWD, result.path_.c_str());
  if (!directory) {
    return result.problem(directory.error(), "");
  }
  result.directory_ = std::move(*directory);
  return result;
}

Error ProcessDirectory::problem(const Error& error, const char* name) const {
  if (error.reason == Reason::absent || error.errno_value == ESRCH) {
    return {Reason::absent, error.errno_value, {}};
  }
  return {error.reason, error.errno_value, *name == '\0' ? path_ : path_ + '/' + name};
}

Result<UniqueFd> ProcessDirectory::open_file(const char* name) const {
  auto file = files_->open(directory_.get(), name);
  if (!file) {
    return problem(file.error(), name);
  }
  return file;
}

Result<std::string> ProcessDirectory::read(const char* name) const {
  const auto file = open_file(name);
  if (!file) {
    return file.error();
  }
  return read(*file, name);
}

Result<std::string> ProcessDirectory::read(const UniqueFd& file, const char* name) const {
  std::array<char, 4096> page;  // filled by the read
  const auto size = files_->read_at_start(file.get(), page);
  if (!size) {
    return problem(size.error(), name);
  }
  if (*size < page.size()) {
    return std::string(page.data(), *size);
  }
  std::string text(largest, '\0');
  const auto whole = files_->read_at_start(file.get(), text);
  if (!whole) {
    return problem(whole.error(), name);
  }
  text.resize(*whole);
  if (text.size() == largest) {  // half a line would be taken for a shorter number or name
    const auto end = text.rfind('\n');
    if (end == std::string::npos) {
      return problem({Reason::malformed, 0, {}}, name);
    }
    text.resize(end + 1);
  }
  return text;
}

}  // namespace efa
