#include <fcntl.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "agent/agent.h"
#include "agent/background_readers.h"
#include "tests/ethtool/net_class.h"
#include "tests/support/catch.h"
#include "tests/support/kept.h"
#include "tests/support/temp_dir.h"

namespace efa::test {
namespace {

namespace fs = std::filesystem;

// In place of a file: whoever opens it hangs, until this goes.
class HangingFile {
 public:
  explicit HangingFile(fs::path path) : path_(std::move(path)) {
    const std::string made = path_.string() + ".new";
    REQUIRE(::mkfifo(made.c_str(), 0600) == 0);
    fs::rename(made, path_);
  }
  HangingFile(const HangingFile&) = delete;
  HangingFile& operator=(const HangingFile&) = delete;
  ~HangingFile() {
    const UniqueFd other_end(::open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    fs::remove(path_);
  }

 private:
  const fs::path path_;
};

// A host without EFA, with one ENA interface.
struct Host {
  Host() {
    net.add("ena_test", "ena", "0000:00:05.0", "02:00:00:00:00:01");
    fs::create_directories(root.path() / "etc");
    config.path.root = root.path();
    config.path.sysfs = net.root();
    run("A 1");
  }
  [[nodiscard]] fs::path mac() const { return net.root() + "/class/net/ena_test/address"; }
  void run(const std::string& os) const {
    const fs::path file = root.path() / "etc/os-release";
    const std::string made = file.string() + ".new";
    std::ofstream(made) << "ID=test\nPRETTY_NAME=\"" + os + "\"\n";
    fs::rename(made, file);
  }

  NetClass net;
  TempDir root;
  Config config;
};

// One scrape shows it.
bool shows(Agent& agent, const std::string& part) {
  std::string text;
  agent.scrape(text, TextFormat::prometheus);
  return text.find(part) != std::string::npos;
}

// Some scrape shows it, within a minute.
bool comes_to_show(Agent& agent, const std::string& part) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (std::chrono::steady_clock::now() < end) {
    if (shows(agent, part)) {
      return true;
    }
    std::this_thread::yield();
  }
  return false;
}

constexpr const char* ena = "ena_info{interface=\"ena_test\"";
constexpr const char* first_os = "os=\"A 1\"";

std::ptrdiff_t threads() {
  return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
}

TEST_CASE("reloads while a reader hangs start no thread") {
  const Host host;
  const HangingFile hangs(host.mac());
  Agent agent(host.config, std::nullopt, 1024, Agent::Purpose::serve);
  REQUIRE(comes_to_show(agent, first_os));
  CHECK_FALSE(shows(agent, ena));
  const auto before = threads();
  for (int i = 0; i < 10; ++i) {
    agent.reconfigure(host.config);
    shows(agent, ena);
  }
  CHECK(threads() < before + 5);  // the reading engine may have started some
}

TEST_CASE("the first scrape after a reload shows what is known, whatever hangs by then") {
  const Host host;
  Agent agent(host.config, std::nullopt, 1024, Agent::Purpose::serve);
  REQUIRE(comes_to_show(agent, ena));
  const HangingFile hangs(host.mac());
  agent.reconfigure(host.config);
  CHECK(shows(agent, ena));
}

TEST_CASE("a reload has the host's facts read anew") {
  const Host host;
  Agent agent(host.config, std::nullopt, 1024, Agent::Purpose::serve);
  REQUIRE(comes_to_show(agent, first_os));
  host.run("B 2");
  agent.reconfigure(host.config);
  CHECK(comes_to_show(agent, "os=\"B 2\""));  // after an hour, without the reload
}

TEST_CASE("a collector that reloads turn off and on goes and comes, and the others stay") {
  const Host host;
  Agent agent(host.config, std::nullopt, 1024, Agent::Purpose::serve);
  REQUIRE(comes_to_show(agent, first_os));
  REQUIRE(comes_to_show(agent, ena));
  Config without = host.config;
  without.collectors.host = false;
  agent.reconfigure(without);
  CHECK_FALSE(shows(agent, "efa_host_"));
  CHECK(shows(agent, ena));
  agent.reconfigure(host.config);
  CHECK(comes_to_show(agent, first_os));
}

TEST_CASE("only those readers are made anew whose options have changed") {
  auto& files = kept<PosixFiles>();
  const auto& clock = kept<MonotonicClock>();
  const Host host;
  Config config = host.config;
  const BackgroundReaders before = make_background_readers(config, files, clock);
  bool keeps_ownership = true;
  bool keeps_host = true;
  bool keeps_ena = true;
  SECTION("none") {
    config.labels["cluster"] = "a";
    config.ownership.max_owners = 7;
  }
  SECTION("ena") {
    config.ena.queues = true;
    keeps_ena = false;
  }
  SECTION("how often the ENA is read") {
    config.ena.interval *= 2;
    keeps_ena = false;
  }
  SECTION("environment") {
    config.ownership.environment = true;
    keeps_ownership = false;
  }
  SECTION("queue pairs") {
    config.ownership.queue_pairs = true;
    keeps_ownership = false;
  }
  SECTION("how often owners are read") {
    config.ownership.interval *= 2;
    keeps_ownership = false;
  }
  SECTION("no host") {
    config.collectors.host = false;
    keeps_host = false;
  }
  const BackgroundReaders after = make_background_readers(config, files, clock, before);
  CHECK((after.ownership == before.ownership) == keeps_ownership);
  CHECK((after.host_facts == before.host_facts) == keeps_host);
  CHECK((after.host_state == before.host_state) == keeps_host);
  CHECK((after.ena == before.ena) == keeps_ena);
  CHECK(after.ownership);
  CHECK(after.ena);
}

}  // namespace
}  // namespace efa::test
