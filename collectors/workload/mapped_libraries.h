#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/base/files.h"
#include "collectors/base/result.h"

namespace efa {

/// A process that has mapped a library.
struct LibraryUser {
  std::uint32_t pid = 0;
  std::string command;
  std::string library;  // file name: libfabric.so.1.23.0

  bool operator==(const LibraryUser&) const = default;
};

struct LibraryUsers {
  std::vector<LibraryUser> users;  // by pid; each once, with the first library of `names`
  std::size_t denied = 0;          // processes that may not be looked at
};

/// Finds the processes that have mapped one of some libraries, by the beginnings of file names.
///
/// Source   <procfs>/*/maps, of which the first MiB counts; needs ptrace access to others
/// Errors   the process directories cannot be listed
/// Cost     a file of some ten KiB for each process that may be looked at; the kernel holds the
///          process's memory map locked while it is read, and waits for one that is
/// Threads  safe to call concurrently
Result<LibraryUsers> find_library_users(Files& files, const std::string& procfs,
                                        std::span<const std::string_view> names);

/// The first of `names` that begins the name of a file mapped in `maps`; empty if there is none.
std::string mapped_library(std::string_view maps, std::span<const std::string_view> names);

}  // namespace efa
