#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "collectors/workload/cgroup_path.h"
#include "tests/support/catch.h"
#include "tests/workload/summary.h"

namespace efa::test {

/// Stand-ins that keep the tables narrow: $C and $D for container ids, $P for a pod's uid, $Q for
/// the same as systemd's slices have it, $S for that of a static pod, $T for an ECS task.
inline std::string spelt_out(std::string text) {
  const std::pair<std::string, std::string> names[] = {
      {"$C", container_c},
      {"$D", container_d},
      {"$P", "0a1b2c3d-1111-2222-3333-444455556666"},
      {"$Q", "0a1b2c3d_1111_2222_3333_444455556666"},
      {"$S", "8d2ccb1e3f1f4a5b9c7d6e5f4a3b2c1d"},
      {"$T", "e95a40efbde84cbc8600660a109ec194"}};
  for (const auto& [name, text_of] : names) {
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name)) {
      text.replace(at, name.size(), text_of);
    }
  }
  return text;
}

/// A path, or the text of a cgroup file, and its summary.
struct Row {
  const char* text;
  const char* told;
};

inline void check(std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const std::string text =
        row.text[0] == '/' ? "0::" + std::string(row.text) + "\n" : std::string(row.text);
    CHECK(summary(parse_cgroup(spelt_out(text))) == spelt_out(row.told));
  }
}

}  // namespace efa::test
