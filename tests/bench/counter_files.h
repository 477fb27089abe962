#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <glob.h>

namespace efa::bench {

/// One counter file, opened once.
struct CounterFile {
  int fd = -1;
  std::string device;
  std::string port;  // empty: of the device
  std::string name;
};

/// The files that the agent reads in each scrape of the devices below `sysfs`.
inline std::vector<CounterFile> open_counter_files(const std::string& sysfs) {
  std::vector<CounterFile> files;
  for (const std::string_view pattern :
       {"/class/infiniband/rdmap*/hw_counters/*", "/class/infiniband/rdmap*/ports/1/hw_counters/*",
        "/class/infiniband/rdmap*/ports/1/rate"}) {
    glob_t found{};
    ::glob((sysfs + std::string(pattern)).c_str(), 0, nullptr, &found);
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      const std::string path = found.gl_pathv[i];
      const bool of_port = path.find("/ports/") != std::string::npos;
      const std::string name = path.substr(path.rfind('/') + 1);
      if (name == "lifespan" && !of_port) {
        continue;  // the agent publishes the port's
      }
      const std::size_t begin = path.find("/infiniband/") + 12;
      files.push_back({::open(path.c_str(), O_RDONLY | O_CLOEXEC),
                       path.substr(begin, path.find('/', begin) - begin), of_port ? "1" : "",
                       name});
    }
    ::globfree(&found);
  }
  return files;
}

}  // namespace efa::bench
