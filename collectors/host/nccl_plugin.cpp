#include "collectors/host/nccl_plugin.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "collectors/host/text_search.h"

namespace efa {
namespace {

// Of some ten on a real host.
constexpr std::size_t most_folders = 256;
constexpr std::size_t most_libraries = 16;

constexpr std::string_view known_folders[] = {
    "/opt/amazon/ofi-nccl/lib",
    "/opt/amazon/ofi-nccl/lib64",
    "/opt/amazon/ofi-nccl/lib/x86_64-linux-gnu",
    "/opt/amazon/ofi-nccl/lib/aarch64-linux-gnu",
    "/opt/aws-ofi-nccl/lib",
    "/opt/aws-ofi-nccl/lib64",
};
constexpr std::string_view library_names[] = {"libnccl-net.so", "libnccl-net-ofi.so"};

using Folders = std::vector<std::string>;

void add_folder(Folders& folders, std::string_view folder) {
  if (folder.starts_with('/') && folders.size() < most_folders &&
      std::find(folders.begin(), folders.end(), folder) == folders.end()) {
    folders.emplace_back(folder);
  }
}

void add_folders_of(HostFiles& files, const std::string& path, Folders& folders) {
  const auto text = files.read(path);
  if (!text) {
    return;
  }
  std::string_view rest = *text;
  while (!rest.empty()) {
    add_folder(folders, take_line(rest));
  }
}

Folders library_folders(HostFiles& files) {
  Folders folders;
  for (const std::string_view folder : known_folders) {
    add_folder(folders, folder);
  }
  const std::string configuration = files.below_root("/etc/ld.so.conf.d");
  const auto names = files.names(configuration);
  if (names) {
    for (const std::string& name : *names) {
      if (name.ends_with(".conf")) {
        std::string path = configuration;
        path.append("/").append(name);
        add_folders_of(files, path, folders);
      }
    }
  }
  return folders;
}

struct Library {
  std::string path;
  FileStatus status;
};

// Every file once, whatever links lead to it.
std::vector<Library> find_libraries(HostFiles& files) {
  std::vector<Library> libraries;
  for (const std::string& folder : library_folders(files)) {
    for (const std::string_view name : library_names) {
      std::string path = files.below_root(folder);
      path.append("/").append(name);
      const auto status = HostFiles::status(path);
      const auto is_same = [&](const Library& other) {
        return other.status.device == status->device && other.status.inode == status->inode;
      };
      if (status && libraries.size() < most_libraries &&
          std::none_of(libraries.begin(), libraries.end(), is_same)) {
        libraries.push_back({std::move(path), *status});
      }
    }
  }
  return libraries;
}

}  // namespace

std::vector<InstalledVersion> read_ofi_nccl(HostFiles& files) {
  std::vector<InstalledVersion> found;
  for (Library& library : find_libraries(files)) {
    auto version = find_word_after(files, library.path, "aws-ofi-nccl ");
    if (version) {
      found.push_back({std::move(library.path), std::move(*version)});
    }
  }
  sort_by_version(found);
  return found;
}

}  // namespace efa
