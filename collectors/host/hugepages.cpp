#include "collectors/host/hugepages.h"

#include <algorithm>
#include <limits>
#include <string>

#include "collectors/base/number.h"

namespace efa {
namespace {

std::optional<std::uint64_t> bytes_of_kib(std::string_view digits) {
  const auto kib = parse_u64(digits);
  if (!kib || *kib == 0 || *kib > std::numeric_limits<std::uint64_t>::max() / 1024) {
    return std::nullopt;
  }
  return *kib * 1024;
}

// "hugepages-2048kB"
std::optional<std::uint64_t> page_bytes_of(std::string_view name) {
  constexpr std::string_view prefix = "hugepages-";
  constexpr std::string_view suffix = "kB";
  if (!name.starts_with(prefix) || !name.ends_with(suffix) ||
      name.size() < prefix.size() + suffix.size()) {
    return std::nullopt;
  }
  name.remove_prefix(prefix.size());
  name.remove_suffix(suffix.size());
  return bytes_of_kib(name);
}

// What stands behind "<key>:", without its unit.
std::optional<std::string_view> value_of(std::string_view line, std::string_view key) {
  if (!line.starts_with(key) || line.size() == key.size() || line[key.size()] != ':') {
    return std::nullopt;
  }
  const std::string_view value = trimmed(line.substr(key.size() + 1));
  return value.substr(0, value.find(' '));
}

void read_pools(HostFiles& files, std::vector<HugepagePool>& pools) {
  const std::string folder = files.below_sysfs("/kernel/mm/hugepages");
  const auto names = files.names(folder);
  if (!names) {
    return;
  }
  for (const std::string& name : *names) {
    const auto page_bytes = page_bytes_of(name);
    if (!page_bytes) {
      continue;
    }
    std::string path = folder;
    path.append("/").append(name);
    pools.push_back({*page_bytes, files.number(path + "/nr_hugepages"),
                     files.number(path + "/free_hugepages"),
                     files.number(path + "/resv_hugepages")});
  }
  std::sort(pools.begin(), pools.end(),
            [](const auto& a, const auto& b) { return a.page_bytes < b.page_bytes; });
}

}  // namespace

Hugepages parse_meminfo_hugepages(std::string_view text) {
  Hugepages hugepages;
  HugepagePool pool;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (const auto total = value_of(line, "HugePages_Total")) {
      pool.total = parse_u64(*total);
    } else if (const auto free = value_of(line, "HugePages_Free")) {
      pool.free = parse_u64(*free);
    } else if (const auto reserved = value_of(line, "HugePages_Rsvd")) {
      pool.reserved = parse_u64(*reserved);
    } else if (const auto size = value_of(line, "Hugepagesize")) {
      hugepages.default_page_bytes = bytes_of_kib(*size);
    }
  }
  if (hugepages.default_page_bytes && (pool.total || pool.free)) {
    pool.page_bytes = *hugepages.default_page_bytes;
    hugepages.pools.push_back(pool);
  }
  return hugepages;
}

Hugepages read_hugepages(HostFiles& files) {
  Hugepages hugepages;
  const auto text = files.read(files.below_procfs("/meminfo"));
  if (text) {
    hugepages = parse_meminfo_hugepages(*text);
  }
  std::vector<HugepagePool> pools;
  read_pools(files, pools);
  if (!pools.empty()) {
    hugepages.pools = std::move(pools);
  }
  return hugepages;
}

}  // namespace efa
