#include "agent/simulation/simulated_host.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <map>
#include <string>
#include <string_view>

#include "agent/simulation/job_model.h"
#include "collectors/base/files.h"
#include "collectors/base/number.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace efa {
namespace {

namespace fs = std::filesystem;
using test::ManualClock;
using test::TempDir;

struct Scenario {
  explicit Scenario(const std::string& instance_type) {
    auto created = SimulatedHost::create(instance_type, clock, parent.path());
    INFO((created ? std::string() : created.error().message()));
    REQUIRE(created);
    host = std::move(*created);
  }

  [[nodiscard]] fs::path devices() const { return host->sysfs() + "/class/infiniband"; }
  [[nodiscard]] std::string text(const std::string& path) const {
    const auto text = PosixFiles().read_text(AT_FDCWD, (devices() / path).c_str());
    return text ? *text : text.error().message();
  }
  // Every counter of every EFA device, by its path.
  [[nodiscard]] std::map<std::string, std::uint64_t> counters() const {
    std::map<std::string, std::uint64_t> values;
    for (const auto& entry : fs::directory_iterator(devices())) {
      const std::string name = entry.path().filename();
      for (const CounterFile& file : counter_files) {
        const std::string path = name + (file.of_port ? "/ports/1/hw_counters/" : "/hw_counters/") +
                                 std::string(file.name);
        if (const auto value = parse_u64(text(path))) {
          values[path] = *value;
        }
      }
    }
    return values;
  }

  TempDir parent;
  ManualClock clock;
  std::unique_ptr<SimulatedHost> host;
};

std::size_t count_entries(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

// No byte can be written to any file while this lives: a full disk, without a disk to fill.
class FullDisk {
 public:
  FullDisk() : old_handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_limit_);
    const rlimit none{0, old_limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &old_limit_);
    ::signal(SIGXFSZ, old_handler_);
  }

 private:
  sighandler_t old_handler_;
  rlimit old_limit_{};
};

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

TEST_CASE("a simulated host has the devices of its type, with every counter as a number") {
  const Scenario scene("p5.48xlarge");
  CHECK(count_entries(scene.devices()) == 32);
  CHECK(scene.counters().size() == 32UL * (22 + 12));
  CHECK(count_entries(scene.devices() / "rdmap79s0/ports/1/hw_counters") == 22 + 1);
  CHECK(count_entries(scene.devices() / "rdmap79s0/hw_counters") == 12 + 1);
}

TEST_CASE("a simulated device has the links and attributes of a real one") {
  const Scenario scene("p4d.24xlarge");
  CHECK(fs::read_symlink(scene.devices() / "rdmap16s27") ==
        "../../devices/pci0000:10/0000:10:1b.0/infiniband/rdmap16s27");
  CHECK(fs::read_symlink(scene.devices() / "rdmap16s27/device") == "../../../0000:10:1b.0");
  CHECK(scene.text("rdmap16s27/device/vendor") == "0x1d0f");
  CHECK(scene.text("rdmap16s27/device/device") == "0xefa0");
  CHECK(scene.text("rdmap16s27/device/numa_node") == "0");
  CHECK(scene.text("rdmap160s27/device/numa_node") == "1");
  CHECK(scene.text("rdmap16s27/node_guid") == "02e5:fa00:0000:0001");
  CHECK(scene.text("rdmap16s27/ports/1/gids/0") == "fe80:0000:0000:0000:00e5:faff:fe00:0001");
  CHECK(scene.text("rdmap16s27/ports/1/rate") == "100 Gb/sec (4X EDR)");
  CHECK(scene.text("rdmap16s27/ports/1/hw_counters/lifespan") == "10");
  CHECK(scene.text("rdmap16s27/device/p2p") == "NVIDIA");
  CHECK(scene.text("../../module/efa/version") == "3.1.0g");
}

TEST_CASE("a simulated P6-B200 shows two devices of another vendor beside its eight") {
  const Scenario scene("p6-b200.48xlarge");
  CHECK(count_entries(scene.devices()) == 8 + 2);
  CHECK(scene.text("ibp231s0/device/vendor") == "0x15b3");
  CHECK(scene.text("ibp232s0/device/vendor") == "0x15b3");
  CHECK(scene.text("rdmap79s0/ports/1/rate") == "400 Gb/sec (8X HDR)");
}

TEST_CASE("the first values are those of a job that has run for an hour") {
  const Scenario scene("p5.48xlarge");
  const JobShape p5{.devices = 32,
                    .bytes_per_second = 12'500'000'000,
                    .transport = Transport::rdma_write,
                    .counts_retransmissions = true};
  const DeviceCounters expected = JobModel(p5).counters(0, std::chrono::hours(1));
  CHECK(scene.text("rdmap79s0/ports/1/hw_counters/tx_bytes") == std::to_string(expected.tx_bytes));
  CHECK(expected.tx_bytes > 10'000'000'000'000);
  CHECK(scene.text("rdmap79s0/hw_counters/submitted_cmds") ==
        std::to_string(expected.submitted_cmds));
}

TEST_CASE("counters stand still until they are advanced, and then none decreases") {
  Scenario scene("p5en.48xlarge");
  const auto before = scene.counters();
  scene.clock.advance(std::chrono::seconds(15));
  CHECK(scene.counters() == before);
  REQUIRE(scene.host->advance());
  std::size_t moved = 0;
  for (const auto& [path, value] : scene.counters()) {
    INFO(path);
    CHECK(value >= before.at(path));
    moved += value > before.at(path) ? 1U : 0U;
  }
  CHECK(moved >= 16UL * 12);
  CHECK(scene.text("rdmap79s0/ports/1/hw_counters/tx_bytes") !=
        std::to_string(before.at("rdmap79s0/ports/1/hw_counters/tx_bytes")));
}

TEST_CASE("descriptors that a reader keeps show the values of every advance") {
  Scenario scene("c5n.18xlarge");
  PosixFiles files;
  const auto kept =
      files.open(AT_FDCWD, (scene.devices() / "rdmap0s6/ports/1/hw_counters/tx_bytes").c_str());
  REQUIRE(kept);
  for (int i = 0; i < 3; ++i) {
    scene.clock.advance(std::chrono::hours(100));
    REQUIRE(scene.host->advance());
    std::array<char, 32> buffer{};
    const auto size = files.read_at_start(kept->get(), buffer);
    REQUIRE(size);
    CHECK(std::string(buffer.data(), *size) ==
          scene.text("rdmap0s6/ports/1/hw_counters/tx_bytes") + "\n");
  }
}

TEST_CASE("a simulated Nitro v3 host counts no retransmissions, however long it runs") {
  Scenario scene("c5n.18xlarge");
  scene.clock.advance(std::chrono::hours(1'000));
  REQUIRE(scene.host->advance());
  for (const char* name : {"retrans_bytes", "retrans_pkts", "retrans_timeout_events"}) {
    CHECK(scene.text(std::string("rdmap0s6/ports/1/hw_counters/") + name) == "0");
  }
}

TEST_CASE("a simulated host needs one descriptor") {
  const std::size_t before = count_entries("/proc/self/fd");
  const Scenario scene("p5.48xlarge");
  CHECK(count_entries("/proc/self/fd") == before + 1);
}

TEST_CASE("a simulated host leaves nothing behind") {
  Scenario scene("p5.4xlarge");
  CHECK_FALSE(fs::is_empty(scene.parent.path()));
  scene.host.reset();
  CHECK(fs::is_empty(scene.parent.path()));
}

TEST_CASE("an unknown type is refused with what was probably meant, and nothing is left behind") {
  const TempDir parent;
  const ManualClock clock;
  const auto host = SimulatedHost::create("p5.48xl", clock, parent.path());
  REQUIRE_FALSE(host);
  CHECK(contains(host.error().message(),
                 "unknown instance type \"p5.48xl\"; did you mean p5.48xlarge"));
  CHECK(contains(host.error().message(), "config/efa_instance_types.csv"));
  CHECK(fs::is_empty(parent.path()));
}

TEST_CASE("a full disk is an error of creating, and nothing is left behind") {
  const TempDir parent;
  const ManualClock clock;
  auto host = [&] {
    const FullDisk full;
    return SimulatedHost::create("p5.48xlarge", clock, parent.path());
  }();
  REQUIRE_FALSE(host);
  CHECK(host.error().errno_value == EFBIG);
  CHECK(contains(host.error().context, parent.path().string()));
  CHECK(fs::is_empty(parent.path()));
}

TEST_CASE("a full disk is an error of advancing, made good by the next advance") {
  Scenario scene("p4d.24xlarge");
  const auto before = scene.counters();
  scene.clock.advance(std::chrono::seconds(30));
  const auto failed = [&] {
    const FullDisk full;
    return scene.host->advance();
  }();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().errno_value == EFBIG);
  CHECK(scene.counters() == before);
  REQUIRE(scene.host->advance());
  const auto after = scene.counters();
  for (const char* device : {"rdmap16s27", "rdmap160s27"}) {
    const std::string path = std::string(device) + "/ports/1/hw_counters/tx_bytes";
    CHECK(after.at(path) > before.at(path));
  }
}

TEST_CASE("the tree of a killed process is removed by the next one, not before it is killed") {
  const TempDir parent;
  const ManualClock clock;
  std::array<int, 2> ready{};
  REQUIRE(::pipe(ready.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto host = SimulatedHost::create("p5.4xlarge", clock, parent.path());
    const char answer = host ? 'y' : 'n';
    static_cast<void>(!::write(ready[1], &answer, 1));
    while (true) {
      ::pause();
    }
  }
  REQUIRE(child > 0);
  char answer = 0;
  const bool answered = ::read(ready[0], &answer, 1) == 1;
  const bool beside_it = SimulatedHost::create("p5.4xlarge", clock, parent.path()).ok();
  const std::size_t while_it_lived = count_entries(parent.path());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  CHECK((answered && answer == 'y'));
  CHECK(beside_it);
  CHECK(while_it_lived == 1);
  REQUIRE(count_entries(parent.path()) == 1);
  const fs::path killed = fs::directory_iterator(parent.path())->path();
  const auto next = SimulatedHost::create("p5.4xlarge", clock, parent.path());
  REQUIRE(next);
  CHECK_FALSE(fs::exists(killed));
  CHECK(count_entries(parent.path()) == 1);
}

TEST_CASE("a simulated host finds a place of its own") {
  const fs::path parent = SimulatedHost::default_parent();
  CHECK(parent.is_absolute());
  CHECK(fs::is_directory(parent));
  CHECK(::access(parent.c_str(), W_OK | X_OK) == 0);
}

}  // namespace
}  // namespace efa
