// The floor of a scrape: pread of every file from kept descriptors, and nothing else. One pass for
// each byte on stdin, one byte on stdout after it. Usage: bench_floor SYSFS
#include <unistd.h>

#include <array>
#include <cstdio>

#include "tests/bench/counter_files.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    return 2;
  }
  const auto files = efa::bench::open_counter_files(argv[1]);
  char token = 0;
  std::array<char, 64> text{};
  while (::read(STDIN_FILENO, &token, 1) == 1) {
    for (const auto& file : files) {
      if (::pread(file.fd, text.data(), text.size(), 0) < 0) {
        std::perror("pread");
        return 1;
      }
    }
    if (::write(STDOUT_FILENO, &token, 1) != 1) {
      return 1;
    }
  }
  return 0;
}
