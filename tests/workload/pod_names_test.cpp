#include "collectors/workload/pod_names.h"

#include <cerrno>

#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/faulty_files.h"
#include "tests/support/temp_dir.h"
#include "tests/workload/summary.h"

namespace efa::test {
namespace {

const std::string uid_a = "0a1b2c3d-1111-2222-3333-444455556666";
const std::string uid_b = "0a1b2c3d-1111-2222-3333-777788889999";

struct Host {
  Host() { std::filesystem::create_directories(dir.path() / "pods"); }

  void add_pod(const std::string& directory) const {
    std::filesystem::create_directories(dir.path() / "pods" / directory);
  }
  void add_log(const std::string& name) const {
    std::filesystem::create_directories(dir.path() / "containers");
    std::filesystem::create_symlink("/nowhere", dir.path() / "containers" / name);
  }
  // "namespace/pod/container", or "-".
  std::string find(const std::string& uid, const std::string& container) {
    const auto name = names.find(uid, container);
    return name ? name->name_space + '/' + name->pod + '/' + name->container : "-";
  }
  std::size_t lists() { return files.lists("pods") + files.lists("containers"); }

  TempDir dir;
  FaultyFiles files;
  ManualClock clock;
  PodNames names{files, clock, (dir.path() / "pods").string(),
                 (dir.path() / "containers").string()};
};

TEST_CASE("a pod's directory holds its namespace, name and uid") {
  const std::string directory = "ml_train-0.node_" + uid_a;
  const auto pod = parse_pod_directory(directory);
  REQUIRE(pod);
  CHECK(pod->name_space == "ml");
  CHECK(pod->pod == "train-0.node");
  CHECK(pod->uid == uid_a);
  CHECK(parse_pod_directory("kube-system_etcd-a_8d2ccb1e3f1f4a5b9c7d6e5f4a3b2c1d"));
  using namespace std::string_view_literals;
  std::string long_uid = "a_b_";
  long_uid.append(65, 'c');
  std::string long_namespace(254, 'a');
  long_namespace.append("_b_c");
  for (const std::string_view name :
       {""sv, "_"sv, "__"sv, "a_b"sv, "a_b_"sv, "_b_c"sv, "a__c"sv, "a_b c_d"sv, "a_b_c/d"sv,
        "A_b_c"sv, "a_b_c\0"sv, "a_\xff_c"sv, std::string_view(long_uid),
        std::string_view(long_namespace)}) {
    CAPTURE(name);
    CHECK_FALSE(parse_pod_directory(name));
  }
}

TEST_CASE("a container's log holds its pod, namespace, name and id") {
  const std::string file = "train-0_ml_nccl-test-" + container_c + ".log";
  const auto log = parse_container_log(file);
  REQUIRE(log);
  CHECK(log->pod == "train-0");
  CHECK(log->name_space == "ml");
  CHECK(log->container == "nccl-test");
  CHECK(log->container_id == container_c);
  const std::vector<std::string> wrong = {std::string(),
                                          std::string(".log"),
                                          container_c + ".log",
                                          "-" + container_c + ".log",
                                          "a_b_c-" + container_c,
                                          "a_b-" + container_c + ".log",
                                          "a_b_-" + container_c + ".log",
                                          "a_b_c-" + container_c.substr(1) + ".log",
                                          "a_b_c_" + container_c + ".log",
                                          "a_b_c-g" + container_c.substr(1) + ".log"};
  for (const std::string& name : wrong) {
    CAPTURE(name);
    CHECK_FALSE(parse_container_log(name));
  }
}

TEST_CASE("a pod is found by its uid, its container by the id") {
  Host host;
  host.add_pod("ml_train-0_" + uid_a);
  host.add_log("train-0_ml_rank-" + container_c + ".log");
  CHECK(host.find(uid_a, container_c) == "ml/train-0/rank");
  CHECK(host.find(uid_a, "") == "ml/train-0/");
  CHECK(host.find("", container_c) == "ml/train-0/rank");
  CHECK(host.find("", container_d) == "-");
  CHECK(host.find("", "") == "-");
  CHECK_FALSE(host.names.problem());
}

TEST_CASE("a container without a log's link is named if its pod has no other") {
  Host host;
  host.add_pod("ml_train-0_" + uid_a + "/rank");
  host.add_pod("ml_train-1_" + uid_b + "/rank");
  host.add_pod("ml_train-1_" + uid_b + "/sidecar");
  CHECK(host.find(uid_a, container_c) == "ml/train-0/rank");
  CHECK(host.find(uid_b, container_d) == "ml/train-1/");
  CHECK(host.find(uid_a, "") == "ml/train-0/");

  const std::size_t lists = host.files.lists("*");
  CHECK(host.find(uid_a, container_c) == "ml/train-0/rank");
  CHECK(host.find(uid_b, container_d) == "ml/train-1/");
  CHECK(host.files.lists("*") == lists);
}

TEST_CASE("what is known costs nothing, what is not is looked for every ten seconds") {
  Host host;
  host.add_pod("ml_train-0_" + uid_a + "/rank");
  CHECK(host.find(uid_a, container_c) == "ml/train-0/rank");
  CHECK(host.lists() == 1);
  host.clock.advance(std::chrono::hours(1));
  CHECK(host.find(uid_a, container_c) == "ml/train-0/rank");
  CHECK(host.lists() == 1);

  CHECK(host.find(uid_b, "") == "-");
  CHECK(host.lists() == 2);
  host.add_pod("ml_train-1_" + uid_b);
  host.clock.advance(PodNames::refresh_age - std::chrono::milliseconds(1));
  CHECK(host.find(uid_b, "") == "-");
  CHECK(host.lists() == 2);
  host.clock.advance(std::chrono::milliseconds(1));
  CHECK(host.find(uid_b, "") == "ml/train-1/");
  CHECK(host.lists() == 3);
}

TEST_CASE("a pod that went is forgotten with the next one that comes") {
  Host host;
  host.add_pod("ml_train-0_" + uid_a);
  CHECK(host.find(uid_a, "") == "ml/train-0/");
  std::filesystem::remove_all(host.dir.path() / "pods" / ("ml_train-0_" + uid_a));
  host.add_pod("ml_train-1_" + uid_b);
  CHECK(host.find(uid_a, "") == "ml/train-0/");
  host.clock.advance(PodNames::refresh_age);
  CHECK(host.find(uid_b, "") == "ml/train-1/");
  CHECK(host.find(uid_a, "") == "-");
}

TEST_CASE("without a readable directory nothing is found, it is said why, and nothing is lost") {
  Host host;
  host.add_pod("ml_train-0_" + uid_a);
  CHECK(host.find(uid_a, "") == "ml/train-0/");
  for (const auto& [errno_value, reason] :
       {std::pair(EACCES, Reason::denied), std::pair(ENOENT, Reason::absent)}) {
    CAPTURE(errno_value);
    host.files.fail_open("pods", errno_value);
    host.clock.advance(PodNames::refresh_age);
    CHECK(host.find(uid_b, "") == "-");
    REQUIRE(host.names.problem());
    CHECK(host.names.problem()->reason == reason);
    CHECK(host.find(uid_a, "") == "ml/train-0/");
  }
  host.files.heal();
  host.files.fail_list("pods", EIO);
  host.clock.advance(PodNames::refresh_age);
  CHECK(host.find(uid_b, "") == "-");
  CHECK(host.names.problem()->reason == Reason::transient);
  host.files.heal();
  host.clock.advance(PodNames::refresh_age);
  CHECK(host.find(uid_b, "") == "-");
  CHECK_FALSE(host.names.problem());
}

TEST_CASE("other entries of the directories are left alone") {
  Host host;
  host.add_pod("lost+found");
  host.add_pod("ml_train-0_" + uid_a);
  host.add_log("old.log");
  CHECK(host.find(uid_a, container_c) == "ml/train-0/");
}

}  // namespace
}  // namespace efa::test
