#include "collectors/workload/mapped_libraries.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "collectors/base/number.h"
#include "collectors/workload/process_directory.h"
#include "collectors/workload/workload.h"

namespace efa {
namespace {

constexpr std::size_t longest_maps = std::size_t{1} << 20U;
constexpr std::size_t longest_name = 64;

std::string_view file_name(std::string_view line) {
  const std::size_t slash = line.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : line.substr(slash + 1);
}

// The kernel gives a page of lines for each read, wherever they end, so it is read piece by piece.
Result<std::string> read_maps(const ProcessDirectory& process) {
  const auto file = process.open_file("maps");
  if (!file) {
    return file.error();
  }
  std::string text;
  std::string piece(std::size_t{16} << 10U, '\0');
  while (text.size() < longest_maps) {
    const ssize_t size =
        ::pread(file->get(), piece.data(), piece.size(), static_cast<off_t>(text.size()));
    if (size < 0) {
      return process.problem(Error::from_errno(errno), "maps");
    }
    if (size == 0) {
      break;
    }
    text.append(piece, 0, static_cast<std::size_t>(size));
  }
  return text;
}

// One that has gone meanwhile has mapped nothing.
void look_at(Files& files, const std::string& procfs, std::uint32_t pid,
             std::span<const std::string_view> names, LibraryUsers& found) {
  const auto process = ProcessDirectory::open(files, procfs, pid);
  if (!process) {
    return;
  }
  const auto maps = read_maps(*process);
  if (!maps) {
    found.denied += maps.error().reason == Reason::denied ? 1U : 0U;
    return;
  }
  std::string library = mapped_library(*maps, names);
  if (library.empty()) {
    return;
  }
  const auto command = process->read("comm");
  found.users.push_back(
      {pid,
       command ? clean_text(command->substr(0, command->find('\n')), longest_name) : std::string(),
       std::move(library)});
}

}  // namespace

std::string mapped_library(std::string_view maps, std::span<const std::string_view> names) {
  std::string best;
  std::size_t rank = names.size();
  while (!maps.empty() && rank > 0) {
    const std::size_t end = std::min(maps.find('\n'), maps.size());
    const std::string_view name = file_name(maps.substr(0, end));
    maps.remove_prefix(std::min(end + 1, maps.size()));
    for (std::size_t i = 0; i < rank; ++i) {
      if (name.starts_with(names[i])) {
        best = clean_text(name, longest_name);
        rank = i;
      }
    }
  }
  return best;
}

Result<LibraryUsers> find_library_users(Files& files, const std::string& procfs,
                                        std::span<const std::string_view> names) {
  std::vector<DirectoryEntry> entries;
  const auto directory = files.open_directory(AT_FDCWD, procfs.c_str());
  if (!directory) {
    return Error::from_errno(directory.error().errno_value, procfs);
  }
  if (const auto listed = files.list(directory->get(), entries); !listed) {
    return Error::from_errno(listed.error().errno_value, procfs);
  }
  LibraryUsers found;
  for (const DirectoryEntry& entry : entries) {
    if (const auto pid = parse_u64(entry.name)) {
      look_at(files, procfs, static_cast<std::uint32_t>(*pid), names, found);
    }
  }
  std::sort(found.users.begin(), found.users.end(),
            [](const LibraryUser& a, const LibraryUser& b) { return a.pid < b.pid; });
  return found;
}

}  // namespace efa
