#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "collectors/host/host_files.h"

namespace efa {

/// The huge pages of one size, in pages. Those that are reserved are free, but promised.
struct HugepagePool {
  std::uint64_t page_bytes = 0;
  std::optional<std::uint64_t> total;
  std::optional<std::uint64_t> free;
  std::optional<std::uint64_t> reserved;

  bool operator==(const HugepagePool&) const = default;
};

struct Hugepages {
  std::optional<std::uint64_t> default_page_bytes;
  std::vector<HugepagePool> pools;  // smallest pages first

  bool operator==(const Hugepages&) const = default;
};

/// Source   <sysfs>/kernel/mm/hugepages/hugepages-<size>kB/{nr,free,resv}_hugepages; without that,
///          for the default size only, <procfs>/meminfo
/// Cost     three files for each size, of which there are two to four
Hugepages read_hugepages(HostFiles& files);

/// The lines HugePages_Total, HugePages_Free, HugePages_Rsvd and Hugepagesize of /proc/meminfo: no
/// pool if the kernel has no huge pages.
Hugepages parse_meminfo_hugepages(std::string_view text);

}  // namespace efa
