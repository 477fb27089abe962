#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/imds/fake_imds.h"
#include "tests/imds/made_instance.h"

// fake-imds [--ipv6] FOLDER [TYPE [MAC...]]
//
// Serves the files of FOLDER as /latest/meta-data/, read anew for each request, and prints the
// port. With TYPE it first writes what an instance of that type has, the MACs being those of its
// EFA devices. FOLDER/.status, read at the start and on SIGUSR1, may hold the status of every
// answer, or "silent" for none at all. Ends on SIGTERM and SIGINT.
namespace {

namespace fs = std::filesystem;

constexpr const char* status_file = ".status";

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_files(const fs::path& folder, const efa::test::MetadataTree& tree) {
  for (const auto& [path, value] : tree.values()) {
    fs::create_directories((folder / path).parent_path());
    std::ofstream(folder / path, std::ios::binary) << value;
  }
}

// The value in a file, or the names in a folder.
std::optional<std::string> look_up(const fs::path& folder, std::string_view path) {
  if (path.find("..") != std::string_view::npos) {
    return std::nullopt;
  }
  const fs::path found = folder / path;
  if (fs::is_regular_file(found)) {
    std::string value = content_of(found);
    if (value.ends_with('\n')) {
      value.pop_back();  // IMDS ends no value so, an editor and echo do
    }
    return value;
  }
  if (!fs::is_directory(found)) {
    return std::nullopt;
  }
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(found)) {
    const std::string name = entry.path().filename().string();
    if (name != status_file) {
      names.insert(entry.is_directory() ? name + '/' : name);
    }
  }
  std::string text;
  for (const std::string& name : names) {
    text.append(text.empty() ? "" : "\n").append(name);
  }
  return text;
}

void apply_status(const fs::path& folder, efa::test::MetadataService& service,
                  efa::test::FakeImds& imds) {
  const std::string status = content_of(folder / status_file);
  service.heal();
  imds.behave(status.starts_with("silent") ? efa::test::FakeImds::Manner::silent
                                           : efa::test::FakeImds::Manner::proper);
  if (!status.empty() && !status.starts_with("silent")) {
    service.answer_data(std::stoi(status));
    service.answer_tokens(std::stoi(status));
  }
}

int serve(std::vector<std::string> arguments) {
  const bool ipv6 = !arguments.empty() && arguments.front() == "--ipv6";
  if (ipv6) {
    arguments.erase(arguments.begin());
  }
  if (arguments.empty()) {
    std::cerr << "usage: fake-imds [--ipv6] FOLDER [TYPE [MAC...]]\n";
    return 2;
  }
  const fs::path folder = fs::absolute(arguments.front());
  if (arguments.size() > 1) {
    write_files(
        folder,
        efa::test::make_instance(arguments[1], {arguments.begin() + 2, arguments.end()}).tree);
  }
  efa::test::MetadataService service([&](std::string_view path) { return look_up(folder, path); });
  sigset_t signals{};
  sigemptyset(&signals);
  for (const int each : {SIGTERM, SIGINT, SIGUSR1}) {
    sigaddset(&signals, each);
  }
  sigprocmask(SIG_BLOCK, &signals, nullptr);  // before the server's thread is there
  efa::test::FakeImds imds(service, ipv6 ? "::1" : "127.0.0.1");
  apply_status(folder, service, imds);
  std::cout << imds.port() << std::endl;
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGUSR1) {
    apply_status(folder, service, imds);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return serve({argv + 1, argv + argc});
  } catch (const std::exception& failure) {
    std::cerr << "fake-imds: " << failure.what() << '\n';
    return 1;
  }
}
