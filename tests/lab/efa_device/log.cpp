#include "tests/lab/efa_device/log.h"

#include <cstdio>
#include <string>

namespace efa::lab {

void Log::write(std::string_view who, std::string_view what) {
  const std::string line = std::string(who) + ": " + std::string(what) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace efa::lab
