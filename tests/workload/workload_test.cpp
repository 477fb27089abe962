#include "collectors/workload/workload.h"

#include <cerrno>

#include "config/text_rules.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/workload/fake_proc.h"
#include "tests/workload/summary.h"

namespace efa::test {
namespace {

const std::string uid_a = "0a1b2c3d-1111-2222-3333-444455556666";

bool is_clean(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = utf8_length(text);
    const bool is_c1 = size == 2 && text[0] == '\xc2' && text[1] < '\xa0';
    const bool is_c0 = (text[0] >= '\0' && text[0] < ' ') || text[0] == '\x7f';
    if (size == 0 || is_c0 || is_c1) {
      return false;
    }
    text.remove_prefix(size);
  }
  return true;
}

struct Host {
  Host() { std::filesystem::create_directories(logs.path() / "pods"); }

  Result<Workload> find(const std::string& cgroup) {
    proc.set({.pid = 123, .cgroup = cgroup});
    return finder.find(123);
  }
  std::string owner(const std::string& path) {
    const auto workload = find("0::" + path + "\n");
    return workload ? workload->owner : "-";
  }

  FakeProc proc;
  TempDir logs;
  FaultyFiles files;
  ManualClock clock;
  PodNames names{files, clock, (logs.path() / "pods").string(),
                 (logs.path() / "containers").string()};
  WorkloadFinder finder{files, proc.root(), names};
};

TEST_CASE("each kind of workload has an owner of its own form") {
  Host host;
  const std::pair<std::string, std::string> rows[] = {
      {"/system.slice/slurmstepd.scope/job_1234/step_0/user/task_3", "slurm:1234.0"},
      {"/slurm/uid_1000/job_1234/step_batch", "slurm:1234.batch"},
      {"/slurm/uid_1000/job_1234", "slurm:1234"},
      {"/pbspro/jobid/123.server", "job:pbs/123.server"},
      {"/lsf/c/job.42.7.1", "job:lsf/42"},
      {"/kubepods/burstable/pod" + uid_a + "/" + container_c, "pod:uid/" + uid_a},
      {"/ecs/e95a40efbde84cbc8600660a109ec194/" + container_c,
       "ecs:e95a40efbde84cbc8600660a109ec194"},
      {"/docker/" + container_c, "docker:4f797c539e6c"},
      {"/machine.slice/libpod-" + container_c + ".scope", "podman:4f797c539e6c"},
      {"/default/" + container_c, "containerd:4f797c539e6c"},
      {"/default/training", "containerd:training"},
      {"/own/" + container_c, "container:4f797c539e6c"},
      {"/system.slice/other-" + container_c + ".scope", "container:4f797c539e6c"},
      {"/system.slice/train@1.service", "unit:train@1.service"},
      {"/user.slice/user-1000.slice/user@1000.service/app.slice/a.service",
       "unit:user@1000/a.service"},
      {"/user.slice/user-1000.slice/user@1000.service/init.scope", "unit:user@1000.service"},
      {"/user.slice/user-1000.slice/session-3.scope", "session:1000/3"},
      {"/", "command:rank"},
      {"/../..", "command:rank"}};
  for (const auto& [path, owner] : rows) {
    CAPTURE(path);
    CHECK(host.owner(path) == owner);
  }
}

TEST_CASE("a Slurm step has its parts besides the owner") {
  Host host;
  const auto workload =
      host.find("0::/system.slice/slurmstepd.scope/job_1234/step_0/user/task_3\n");
  REQUIRE(workload);
  Workload expected;
  expected.kind = WorkloadKind::slurm;
  expected.owner = "slurm:1234.0";
  expected.slurm_job_id = "1234";
  expected.slurm_step = "0";
  expected.command = "rank";
  expected.uid = 1000;
  expected.pid = 123;
  expected.start_ticks = 1000;
  CHECK(*workload == expected);
}

TEST_CASE("a pod is named as soon as its logs are") {
  Host host;
  const std::string path = "/kubepods/burstable/pod" + uid_a + "/" + container_c;
  CHECK(host.owner(path) == "pod:uid/" + uid_a);
  std::filesystem::create_directories(host.logs.path() / "pods" / ("ml_train-0_" + uid_a));
  host.clock.advance(PodNames::refresh_age);
  CHECK(host.owner(path) == "pod:ml/train-0");
  std::filesystem::create_directories(host.logs.path() / "pods" / ("ml_train-0_" + uid_a) / "rank");
  host.clock.advance(PodNames::refresh_age);
  const auto workload = host.find("0::" + path + "\n");
  REQUIRE(workload);
  CHECK(workload->owner == "pod:ml/train-0/rank");
  CHECK(workload->kind == WorkloadKind::pod);
  CHECK(workload->name_space == "ml");
  CHECK(workload->pod == "train-0");
  CHECK(workload->container == "rank");
  CHECK(workload->container_id == container_c);
}

TEST_CASE("a container whose pod is out of sight is a pod if kubelet keeps its log") {
  Host host;
  std::filesystem::create_directories(host.logs.path() / "containers");
  std::filesystem::create_symlink(
      "/nowhere", host.logs.path() / "containers" / ("train-0_ml_rank-" + container_c + ".log"));
  const auto workload = host.find("0::/../cri-containerd-" + container_c + ".scope\n");
  REQUIRE(workload);
  CHECK(workload->owner == "pod:ml/train-0/rank");
  CHECK(workload->kind == WorkloadKind::pod);
  CHECK(workload->truncated);
  CHECK(host.owner("/../cri-containerd-" + container_d + ".scope") == "containerd:9ec39b91f3d7");
}

TEST_CASE("a Slurm job in a pod is the job, and the pod is told besides") {
  Host host;
  std::filesystem::create_directories(host.logs.path() / "pods" / ("ml_slurmd-0_" + uid_a) /
                                      "slurmd");
  const auto workload = host.find("0::/kubepods/burstable/pod" + uid_a + "/" + container_c +
                                  "/system.slice/slurmstepd.scope/job_5/step_0/user/task_0\n");
  REQUIRE(workload);
  CHECK(workload->owner == "slurm:5.0");
  CHECK(workload->kind == WorkloadKind::slurm);
  CHECK(workload->pod == "slurmd-0");
  CHECK(workload->container == "slurmd");
}

TEST_CASE("a thread has the workload of its process") {
  Host host;
  host.proc.set({.pid = 123, .cgroup = "0::/slurm/uid_1/job_5/step_0\n"});
  host.proc.set({.pid = 125, .tgid = 123, .cgroup = "0::/\n"});
  const auto workload = host.finder.find(125);
  REQUIRE(workload);
  CHECK(workload->owner == "slurm:5.0");
  CHECK(workload->pid == 123);
}

TEST_CASE("a process that cannot be read has no workload") {
  Host host;
  CHECK(host.finder.find(1).error().reason == Reason::absent);
  host.proc.set({.pid = 123});
  host.files.fail_open("123", EPERM);
  CHECK(host.finder.find(123).error().reason == Reason::denied);
}

TEST_CASE("an owner is clean text of at most 128 bytes, whatever the process is called") {
  Host host;
  for (const std::string& comm :
       {std::string("a\nb"), std::string("\xff\xfe\x80"), std::string("\xc0\xaf"),
        std::string("\xed\xa0\x80"), std::string("\xf4\x90\x80\x80"), std::string("\xe2\x82"),
        std::string("a\0b", 3), std::string("\xc2\x85"), std::string(500, 'x'),
        std::string(500, '\xff')}) {
    CAPTURE(comm);
    ProcessInfo process;
    process.comm = comm;
    const Workload workload = workload_of(process, {}, {});
    CHECK(workload.owner.size() <= Workload::longest);
    CHECK(workload.command.size() <= Workload::longest);
    CHECK(is_clean(workload.owner));
    CHECK(is_clean(workload.command));
  }
  ProcessInfo process;
  process.comm = "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80";
  CHECK(workload_of(process, {}, {}).owner == "command:" + process.comm);
}

TEST_CASE("texts that are cut are still told from one another") {
  const std::string begin(200, 'x');
  CHECK(clean_text(begin + "1", 128).size() == 128);
  CHECK(clean_text(begin + "1", 128) != clean_text(begin + "2", 128));
  CHECK(clean_text(begin + "1", 128) == clean_text(begin + "1", 128));
  CHECK(clean_text(begin, 200) == begin);
  std::string euros;
  for (int i = 0; i < 60; ++i) {
    euros += "\xe2\x82\xac";
  }
  for (std::size_t longest = 16; longest < 32; ++longest) {
    CAPTURE(longest);
    const std::string text = clean_text(euros, longest);
    CHECK(text.size() <= longest);
    CHECK(text.size() > longest - 3);
    CHECK(is_clean(text));
    CHECK(text[text.size() - 9] == '~');
  }
  CHECK(clean_text("", 16).empty());
}

TEST_CASE("where there is no cgroup of a job the environment tells it") {
  struct Row {
    Environment environment;
    const char* owner;
  };
  const Row rows[] = {{{{"SLURM_JOB_ID", "7"}, {"SLURM_STEP_ID", "0"}}, "slurm:7.0"},
                      {{{"SLURM_JOB_ID", "7"}}, "slurm:7"},
                      {{{"SLURM_JOB_ID", "7"}, {"SLURM_STEP_ID", "4294967291"}}, "slurm:7.batch"},
                      {{{"SLURM_JOB_ID", "7"}, {"SLURM_STEP_ID", "4294967292"}}, "slurm:7.extern"},
                      {{{"SLURM_JOB_ID", "7"}, {"SLURM_STEP_ID", "x"}}, "slurm:7"},
                      {{{"SLURM_JOB_ID", "7x"}}, "unit:slurmd.service"},
                      {{{"PBS_JOBID", "12.server"}}, "job:pbs/12.server"},
                      {{{"LSB_JOBID", "12"}}, "job:lsf/12"},
                      {{{"AWS_BATCH_JOB_ID", "a-b:1"}}, "job:batch/a-b:1"},
                      {{{"RANK", "1"}}, "unit:slurmd.service"},
                      {{}, "unit:slurmd.service"}};
  Host host;
  for (const Row& row : rows) {
    CAPTURE(row.owner);
    auto workload = host.find("0::/system.slice/slurmd.service\n");
    REQUIRE(workload);
    refine_from_environment(*workload, row.environment);
    CHECK(workload->owner == row.owner);
  }
  auto workload = host.find("0::/docker/" + container_c + "\n");
  REQUIRE(workload);
  refine_from_environment(*workload, {{"SLURM_JOB_ID", "7"}});
  CHECK(workload->owner == "docker:4f797c539e6c");
}

TEST_CASE("the environment tells the rank of a process, the innermost launcher's before others") {
  struct Row {
    Environment environment;
    Workload::Rank rank;
  };
  const Row rows[] = {
      {{{"OMPI_COMM_WORLD_RANK", "9"},
        {"OMPI_COMM_WORLD_SIZE", "16"},
        {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
        {"SLURM_PROCID", "0"},
        {"SLURM_NTASKS", "2"}},
       {"9", "1"}},
      {{{"SLURM_PROCID", "3"}, {"SLURM_NTASKS", "4"}, {"SLURM_LOCALID", "1"}}, {"3", "1"}},
      {{{"RANK", "17"},
        {"WORLD_SIZE", "32"},
        {"LOCAL_RANK", "1"},
        {"SLURM_PROCID", "2"},
        {"SLURM_NTASKS", "4"}},
       {"17", "1"}},
      {{{"RANK", "captain"}, {"WORLD_SIZE", "32"}}, {}},
      {{{"RANK", "1"}}, {}},  // of another program: no world
      {{{"PMI_RANK", "2"}, {"PMI_SIZE", "4"}, {"MPI_LOCALRANKID", "two"}}, {"2", ""}},
      {{{"PMIX_RANK", "5"}}, {"5", ""}},
      {{}, {}}};
  for (const Row& row : rows) {
    CAPTURE(row.rank.rank);
    Workload workload;
    refine_from_environment(workload, row.environment);
    CHECK(workload.rank == row.rank);
  }
}

TEST_CASE("the environment tells the name of a job, whatever tells the job") {
  Host host;
  auto workload = host.find("0::/docker/" + container_c + "\n");
  REQUIRE(workload);
  refine_from_environment(*workload, {{"SLURM_JOB_NAME", "llama pretraining"}});
  CHECK(workload->job_name == "llama pretraining");
  CHECK(workload->owner == "docker:4f797c539e6c");
  refine_from_environment(*workload, {{"TORCHELASTIC_RUN_ID", "none"}});
  CHECK(workload->job_name.empty());
  refine_from_environment(*workload, {{"LSB_JOBNAME", "cfd"}});
  CHECK(workload->job_name == "cfd");
}

}  // namespace
}  // namespace efa::test
