#include "collectors/workload/environment.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>

#include "collectors/workload/process.h"
#include "collectors/workload/process_directory.h"

namespace efa {
namespace {

constexpr std::size_t first_size = 16 * std::size_t{1024};
constexpr std::size_t largest_size = 2 * std::size_t{1024} * 1024;

// Bytes that are overwritten before the allocator has them back, and never copied.
class SecretBytes {
 public:
  explicit SecretBytes(std::size_t size) : bytes_(std::make_unique<char[]>(size)), size_(size) {}
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { ::explicit_bzero(bytes_.get(), size_); }

  [[nodiscard]] std::span<char> span() { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

using Values = std::array<std::optional<std::string_view>, readable_variables.size()>;

void note(std::string_view variable, Values& values) {
  const auto equals = variable.find('=');
  if (equals == std::string_view::npos) {
    return;
  }
  const auto name =
      std::find(readable_variables.begin(), readable_variables.end(), variable.substr(0, equals));
  if (name == readable_variables.end()) {
    return;
  }
  auto& value = values[static_cast<std::size_t>(name - readable_variables.begin())];
  if (!value) {
    value = variable.substr(equals + 1);
  }
}

// Nothing if the environment is larger than `size` and there is a larger size to try.
Result<std::optional<Environment>> read_with(Files& files, const ProcessDirectory& directory,
                                             const UniqueFd& file, std::size_t size) {
  SecretBytes bytes(size);
  const auto read = files.read_at_start(file.get(), bytes.span());
  if (!read) {
    return directory.problem(read.error(), "environ");
  }
  const bool is_full = *read == size;
  if (is_full && size < largest_size) {
    return std::optional<Environment>();
  }
  return std::optional(take_environment(bytes.span().first(*read), is_full));
}

Result<Environment> read_growing(Files& files, const ProcessDirectory& directory) {
  const auto file = directory.open_file("environ");
  if (!file) {
    return file.error();
  }
  std::size_t size = first_size;
  while (true) {
    auto environment = read_with(files, directory, *file, size);
    if (!environment) {
      return environment.error();
    }
    if (*environment) {
      return std::move(**environment);
    }
    size = std::min(size * 4, largest_size);
  }
}

}  // namespace

std::string shown_value(std::string_view value) {
  std::string result(value.substr(0, longest_value));
  std::replace_if(
      result.begin(), result.end(),
      [](char character) { return character < ' ' || character > '~'; }, '?');
  return result;
}

Environment take_environment(std::span<char> bytes, bool is_cut) {
  std::string_view text(bytes.data(), bytes.size());
  if (is_cut) {
    text = text.substr(0, text.rfind('\0') + 1);  // none: npos + 1 is 0
  }
  Values values;
  while (!text.empty()) {
    const auto end = std::min(text.find('\0'), text.size());
    note(text.substr(0, end), values);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  Environment environment;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i]) {
      environment.push_back({std::string(readable_variables[i]), shown_value(*values[i])});
    }
  }
  ::explicit_bzero(bytes.data(), bytes.size());
  return environment;
}

Result<Environment> read_environment(Files& files, const std::string& procfs, std::uint32_t pid,
                                     std::uint64_t start_ticks) {
  const auto directory = ProcessDirectory::open(files, procfs, pid);
  if (!directory) {
    return directory.error();
  }
  auto environment = read_growing(files, *directory);
  if (!environment) {
    return environment;
  }
  const auto text = directory->read("stat");
  if (!text) {
    return text.error();
  }
  const auto stat = parse_stat_fields(*text);
  if (!stat) {
    return directory->problem({Reason::malformed, 0, {}}, "stat");
  }
  if (stat->start_ticks != start_ticks) {
    return Error{Reason::absent, 0, {}};
  }
  return environment;
}

}  // namespace efa
