#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "config/load.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace efa {
namespace {

using test::TempDir;

std::string first_error(const std::string& text) {
  const LoadedConfig loaded = parse_config(text, "f");
  return loaded.errors.empty() ? "none" : loaded.errors.front().to_string();
}

std::string only_error(const std::string& path) {
  const LoadedConfig loaded = load_config(path);
  CHECK(loaded.config == Config{});
  return loaded.errors.size() == 1 ? loaded.errors.front().to_string() : "not one error";
}

TEST_CASE(
    "a file that is missing, a directory, a loop or no regular file is an error that names it") {
  const TempDir folder;
  const std::string path = folder.path() / "efa-agent.yaml";
  CHECK(only_error(path) == path + ": No such file or directory");
  CHECK(only_error("") == ": No such file or directory");
  CHECK(only_error(folder.path()) ==
        folder.path().string() + ": is a directory; allowed is a file");
  std::filesystem::create_symlink(path, path);
  CHECK(only_error(path) == path + ": Too many levels of symbolic links");
  const std::string fifo = folder.path() / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(only_error(fifo) == fifo + ": is not a regular file");
}

TEST_CASE("a file that may not be read is an error that says so") {
  if (::geteuid() == 0) {
    SUCCEED("root may read everything");
    return;
  }
  const TempDir folder;
  const std::string path = folder.path() / "efa-agent.yaml";
  std::ofstream(path) << "log: {}\n";
  std::filesystem::permissions(path, std::filesystem::perms::none);
  CHECK(only_error(path) == path + ": Permission denied");
}

TEST_CASE("a file is read through a symbolic link, as a Kubernetes ConfigMap has it") {
  const TempDir folder;
  const std::filesystem::path target = folder.path() / "..data";
  std::ofstream(target) << "web:\n  max_requests: nine\n";
  const std::string path = folder.path() / "efa-agent.yaml";
  std::filesystem::create_symlink(target, path);
  CHECK(only_error(path) ==
        path +
            ":2:17: web.max_requests: found \"nine\"; allowed is a whole number from 0 to 10000");
}

TEST_CASE("a file of a mebibyte is read, one of a byte more is not") {
  const TempDir folder;
  const std::string path = folder.path() / "efa-agent.yaml";
  constexpr std::size_t mebibyte = 1024UL * 1024UL;
  std::string text(mebibyte, '\n');
  text.replace(0, 19, "log: {level: debug}");
  std::ofstream(path) << text;
  CHECK(load_config(path).errors.empty());
  CHECK(load_config(path).config.log.level == LogLevel::debug);
  std::ofstream(path, std::ios::app) << "\n";
  CHECK(only_error(path) == path + ": is larger than 1 MiB, the most a configuration may have");
  CHECK_FALSE(parse_config(text + "\n", "f").errors.empty());
}

TEST_CASE("a file that is not text is an error with the place of the first bad byte") {
  CHECK(first_error("log: {}\nlabels: {a: \xC3\xA4\xFF}") ==
        "f:2:15: found a byte that is not UTF-8; allowed is text in UTF-8");
  CHECK(first_error(std::string("log: {}\0", 8)) ==
        "f:1:8: found a control character; allowed is text in UTF-8");
  CHECK(first_error(std::string("\xFF\xFEl\0o\0", 6)) ==
        "f:1:1: found a byte that is not UTF-8; allowed is text in UTF-8");
  // yaml-cpp takes this one for the end of the file, and what follows would go unread.
  CHECK(first_error("log: {}\n\x04\nlog: {level: bad}") ==
        "f:2:1: found a control character; allowed is text in UTF-8");
}

TEST_CASE("what is not YAML is an error, after those of what stands before it") {
  const LoadedConfig loaded = parse_config("log:\n  level: loud\nweb: {max_requests: 3\n", "f");
  REQUIRE(loaded.errors.size() == 2);
  CHECK_THAT(loaded.errors[0].to_string(), Catch::StartsWith("f:2:10: log.level: found \"loud\""));
  CHECK_THAT(loaded.errors[1].to_string(), Catch::Contains("found what is not YAML: "));
  for (const char* text :
       {"a: b: c", "\tlog: {}", "log: {level: info", "]", "log: \"", "@", "%YAML 9.0\n---\n",
        "log: *unknown", "- a\nb: c", R"(log: {"\q": 1})", "? ", "? [a", "&", "*"}) {
    INFO(text);
    CHECK(first_error(text) != "none");
  }
}

TEST_CASE("a second document is an error") {
  CHECK(first_error("log: {}\n---\nlog: {}\n") == "f:2:1: found another document; allowed is one");
}

TEST_CASE("aliases and tags are errors at their place, and multiply nothing") {
  CHECK(first_error("labels: &l {a: x}\nlog: *l\n") ==
        "f:2:6: found an alias (*); allowed are plain values: write it out");
  CHECK(first_error("web: {max_requests: !!int \"4\"}") ==
        "f:1:21: found a tag (!); allowed are values without one");
  CHECK(parse_config("labels: &l {a: x}\nlog: *l\n", "f").errors.size() == 1);
  std::string bomb = "labels:\n  a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    const std::string before = std::string("*") + static_cast<char>(c - 1);
    bomb += std::string("  ") + c + ": &" + c + " [" + before;
    for (int i = 0; i < 8; ++i) {
      bomb += ", " + before;
    }
    bomb += "]\n";
  }
  CHECK_FALSE(parse_config(bomb, "f").errors.empty());
}

TEST_CASE("deep nesting is an error, however deep it is and however it is written") {
  constexpr std::size_t many = 200'000;
  std::string blocks;
  for (std::size_t i = 0; i < 1000; ++i) {
    blocks += std::string(i, ' ') + "a:\n";
  }
  std::string dashes;
  for (std::size_t i = 0; i < many; ++i) {
    dashes += "- ";
  }
  for (const std::string& text :
       {"labels: " + std::string(many, '['), "labels: " + std::string(many, '{'), blocks, dashes,
        std::string(many, '?'), std::string(many, '-'), std::string(many, ':')}) {
    const std::string error = first_error(text);
    INFO(error);
    CHECK(error != "none");
    CHECK(error.size() < 400);
  }
  const LoadedConfig loaded =
      parse_config("labels: {a: " + std::string(17, '[') + std::string(17, ']') + "}", "f");
  CHECK_THAT(loaded.errors.back().to_string(),
             Catch::Contains("f:1:27: found values nested deeper than 16"));
}

TEST_CASE("a file of errors is told whole, each in a short line") {
  std::string text;
  for (int i = 0; i < 2000; ++i) {
    text += "key" + std::to_string(i) + ": 1\n";
  }
  text += "log: {level: " + std::string(100'000, 'x') + "}\n\"" + std::string(900, 'y') + "\": 1\n";
  const LoadedConfig loaded = parse_config(text, "f");
  CHECK(loaded.errors.size() == 2002);
  for (const ConfigError& error : loaded.errors) {
    CHECK(error.to_string().size() < 300);
  }
}

TEST_CASE("no text, however mangled, throws or leaves a value that is not allowed") {
  std::mt19937 random(20240229);  // the same ones each time
  std::ifstream file(EFA_SOURCE_DIR "/config/efa-agent.yaml");
  std::string all{std::istreambuf_iterator<char>(file), {}};
  std::string seed;  // without the comments, so that what is mangled matters
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = all.find('\n', at);
    const std::string line = all.substr(at, end + 1 - at);
    seed += line.find('#') == std::string::npos ? line : "";
    at = end + 1;
  }
  REQUIRE(seed.size() > 300);
  constexpr std::string_view spice = "{}[]:,&*!|>'\"%@`#?-~ \n\t\\0x\xC3\xFF";
  for (int round = 0; round < 3000; ++round) {
    std::string text = seed;
    for (int change = 0; change < 1 + round % 6; ++change) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = spice[random() % spice.size()];
          break;
        case 1:
          text.insert(at, 1, spice[random() % spice.size()]);
          break;
        default:
          text.erase(at, 1 + random() % 8);
          break;
      }
    }
    const LoadedConfig loaded = parse_config(text, "f");
    if (!check_config(loaded.config, "mangled").empty()) {
      FAIL("an impossible value came out of:\n" << text);
    }
  }
}

}  // namespace
}  // namespace efa
