#include "tests/support/temp_dir.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace efa::test {
namespace {

std::filesystem::path default_parent() {
  constexpr const char* shared_memory = "/dev/shm";
  if (::access(shared_memory, W_OK | X_OK) == 0) {
    return shared_memory;
  }
  return std::filesystem::temp_directory_path();
}

}  // namespace

TempDir::TempDir() : TempDir(default_parent()) {}

TempDir::TempDir(const std::filesystem::path& parent) {
  std::string name = parent / "efa-agent-test.XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), name);
  }
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace efa::test
