#include "collectors/kubelet/pod_resources.h"

#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>

#include "collectors/base/unique_fd.h"
#include "collectors/kubelet/podresources.grpc.pb.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace efa::test {
namespace {

using namespace std::chrono_literals;
using Entries = std::vector<PodAllocation>;

constexpr const char* efa_resource = "vpc.amazonaws.com/efa";
constexpr std::size_t mebibyte = std::size_t{1} << 20U;

// Answers as it is told, or not at all as long as it is held.
class Lister final : public v1::PodResourcesLister::Service {
 public:
  grpc::Status List(grpc::ServerContext* /*context*/, const v1::ListPodResourcesRequest*,
                    v1::ListPodResourcesResponse* answer) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !held_; });
    *answer = answer_;
    return status_;
  }
  void hold(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  void fail(grpc::Status status) {
    const std::lock_guard lock(mutex_);
    status_ = std::move(status);
  }
  void answer(v1::ListPodResourcesResponse answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  v1::ListPodResourcesResponse answer_;
  grpc::Status status_;
  bool held_ = false;
};

v1::ContainerResources& add_container(v1::PodResources& pod, const char* name) {
  auto& container = *pod.add_containers();
  container.set_name(name);
  return container;
}

v1::PodResources& add_pod(v1::ListPodResourcesResponse& answer, const char* name) {
  auto& pod = *answer.add_pod_resources();
  pod.set_name(name);
  pod.set_namespace_("ml");
  return pod;
}

void add_device(v1::ContainerResources& container, const char* resource, const std::string& id) {
  auto& devices = *container.add_devices();
  devices.set_resource_name(resource);
  devices.add_device_ids(id);
}

void add_claim(v1::ContainerResources& container, const char* driver, const char* device) {
  auto& claimed = *container.add_dynamic_resources()->add_claim_resources();
  claimed.set_driver_name(driver);
  claimed.set_device_name(device);
}

v1::ListPodResourcesResponse one_device(const char* pod) {
  v1::ListPodResourcesResponse answer;
  add_device(add_container(add_pod(answer, pod), "main"), efa_resource, "rdmap79s0");
  return answer;
}

Entries entries_of_one_device(const char* pod) {
  return {{"rdmap79s0", "", "ml", pod, "main", efa_resource}};
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  return address;
}

struct Fixture {
  TempDir directory;
  std::string socket = directory.path() / "kubelet.sock";
  Lister lister;
  std::unique_ptr<grpc::Server> server;

  ~Fixture() { stop(); }

  void start() {
    lister.answer(one_device("train-0"));
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
    builder.RegisterService(&lister);
    server = builder.BuildAndStart();
    REQUIRE(server);
  }
  void stop() {
    lister.hold(false);
    server.reset();
  }
  // A socket that nothing serves; connections are taken up to `backlog`, or refused without one.
  UniqueFd bind(std::optional<int> backlog) const {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = address_of(socket);
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE((!backlog || ::listen(fd.get(), *backlog) == 0));
    return fd;
  }
  Entries list() {
    const auto entries = list_pod_allocations(socket, 60s);
    if (!entries) {
      FAIL(entries.error().message());
    }
    return *entries;
  }
  Error failure() { return failure_at(socket, 60s); }
  static Error failure_at(const std::string& path, std::chrono::milliseconds deadline) {
    const auto entries = list_pod_allocations(path, deadline);
    REQUIRE_FALSE(entries);
    return entries.error();
  }
};

TEST_CASE("the service is called by the kubelet's name") {
  CHECK(std::string(v1::PodResourcesLister::service_full_name()) == "v1.PodResourcesLister");
}

TEST_CASE("what the kubelet answers is told as far as it concerns EFAs") {
  Fixture f;
  f.start();
  v1::ListPodResourcesResponse answer;
  auto& plugin = add_pod(answer, "plugin");
  auto& worker = add_container(plugin, "worker");
  add_device(worker, "nvidia.com/gpu", "GPU-1");
  add_device(worker, efa_resource, "rdmap79s0");
  add_device(worker, efa_resource, "rdmap80s0");
  add_device(add_container(plugin, "side"), efa_resource, "rdmap96s0");
  add_container(add_pod(answer, "none"), "main");
  for (const char* sharer : {"dra-0", "dra-1"}) {
    auto& container = add_container(add_pod(answer, sharer), "main");
    add_claim(container, "gpu.nvidia.com", "gpu-0");
    add_claim(container, "dra.net", "pci-0000-00-1f-0");
    add_claim(container, "dra.net", "eth1");
  }
  f.lister.answer(answer);
  CHECK(f.list() == Entries{{"rdmap79s0", "", "ml", "plugin", "worker", efa_resource},
                            {"rdmap80s0", "", "ml", "plugin", "worker", efa_resource},
                            {"rdmap96s0", "", "ml", "plugin", "side", efa_resource},
                            {"", "0000:00:1f.0", "ml", "dra-0", "main", "dra.net"},
                            {"", "0000:00:1f.0", "ml", "dra-1", "main", "dra.net"}});
}

TEST_CASE("a host without pods has no entries, which is no failure") {
  Fixture f;
  f.start();
  f.lister.answer({});
  CHECK(f.list().empty());
}

TEST_CASE("without a socket there is no kubelet") {
  Fixture f;
  CHECK(f.failure().reason == Reason::absent);
  CHECK(f.failure().message() == f.socket + ": No such file or directory");
}

TEST_CASE("a socket that nobody listens on is told with its errno") {
  Fixture f;
  f.bind({});
  const Error error = f.failure();
  CHECK(error.reason == Reason::transient);
  CHECK(error.errno_value == ECONNREFUSED);
  CHECK(error.context == f.socket);
}

TEST_CASE("a socket that must not be reached is denied") {
  Fixture f;
  f.start();
  std::optional<Error> error;
  // The directory is closed to others; a thread of root's can be one of them.
  std::thread([&] {
    if (::geteuid() == 0) {
      ::setfsuid(65534);
    } else {
      ::chmod(f.directory.path().c_str(), 0);
    }
    const auto entries = list_pod_allocations(f.socket, 60s);
    if (!entries) {
      error = entries.error();
    }
  }).join();
  ::chmod(f.directory.path().c_str(), 0700);
  REQUIRE(error);
  CHECK(error->reason == Reason::denied);
  CHECK(error->errno_value == EACCES);
}

TEST_CASE("a path that is too long for a socket is a failure") {
  const std::string path = "/" + std::string(sizeof(sockaddr_un::sun_path) - 1, 'a');
  CHECK(Fixture::failure_at(path, 60s).errno_value == ENAMETOOLONG);
}

TEST_CASE("a socket that takes no more connections holds up nobody") {
  Fixture f;
  const UniqueFd listening = f.bind(0);
  const sockaddr_un address = address_of(f.socket);
  std::vector<UniqueFd> waiting;
  int connected = 0;
  while (connected == 0) {
    waiting.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    connected = ::connect(waiting.back().get(), reinterpret_cast<const sockaddr*>(&address),
                          sizeof address);
  }
  CHECK(f.failure().errno_value == EAGAIN);
}

TEST_CASE("a kubelet that has no such API is told apart from one that fails") {
  Fixture f;
  f.start();
  f.lister.fail({grpc::StatusCode::UNIMPLEMENTED, "unknown service"});
  CHECK(f.failure().reason == Reason::unsupported);
  f.lister.fail({grpc::StatusCode::INTERNAL, "no checkpoint"});
  const Error error = f.failure();
  CHECK(error.reason == Reason::transient);
  CHECK(error.message() == f.socket + ": no checkpoint");
  f.lister.fail({});
  CHECK(f.list() == entries_of_one_device("train-0"));
}

TEST_CASE("a kubelet that says it is unavailable is told") {
  Fixture f;
  f.start();
  f.lister.fail({grpc::StatusCode::UNAVAILABLE, "starting"});
  CHECK(f.failure().message() == f.socket + ": starting");
}

TEST_CASE("a kubelet that does not answer in time is a timeout, and asked anew by the next call") {
  Fixture f;
  f.start();
  f.lister.hold(true);
  const Error error = Fixture::failure_at(f.socket, 1s);
  CHECK(error.reason == Reason::timeout);
  CHECK(error.context.starts_with(f.socket + ": "));
  f.lister.hold(false);
  CHECK(list_pod_allocations(f.socket, 60s).ok());
}

TEST_CASE("a socket that takes the connection and is never served is a timeout") {
  Fixture f;
  const UniqueFd listening = f.bind(8);
  CHECK(Fixture::failure_at(f.socket, 50ms).reason == Reason::timeout);
}

TEST_CASE("a connection that is closed at once is a failure, and not made again in that call") {
  Fixture f;
  const UniqueFd listening = f.bind(8);
  std::thread closing(
      [&] { const UniqueFd taken(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC)); });
  const Error error = f.failure();
  closing.join();
  CHECK(error.reason == Reason::transient);
  CHECK(error.errno_value == 0);
}

TEST_CASE("a kubelet that has gone is absent, and heard again as soon as it is back") {
  Fixture f;
  f.start();
  REQUIRE(f.list().size() == 1);
  f.stop();
  CHECK(f.failure().reason == Reason::absent);
  CHECK(f.failure().reason == Reason::absent);
  f.start();
  f.lister.answer(one_device("train-1"));
  CHECK(f.list() == entries_of_one_device("train-1"));
}

TEST_CASE("a kubelet that was restarted between two calls fails none of them") {
  Fixture f;
  for (int i = 0; i < 3; ++i) {
    f.start();
    CHECK(f.list() == entries_of_one_device("train-0"));
    f.stop();
  }
}

TEST_CASE("an answer of some mebibytes is read, one beyond the limit is not") {
  Fixture f;
  f.start();
  const auto answer_of = [](std::size_t mebibytes) {
    auto answer = one_device("train-0");
    auto& container = *answer.mutable_pod_resources(0)->mutable_containers(0);
    for (std::size_t i = 0; i < mebibytes; ++i) {
      add_device(container, "example.com/large", std::string(mebibyte, 'a'));
    }
    return answer;
  };
  f.lister.answer(answer_of(15));
  CHECK(f.list() == entries_of_one_device("train-0"));
  f.lister.answer(answer_of(16));
  const Error error = f.failure();
  CHECK(error.reason == Reason::transient);
  CHECK(error.context.find("larger than max") != std::string::npos);
  f.lister.answer(one_device("train-0"));
  CHECK(f.list() == entries_of_one_device("train-0"));
}

TEST_CASE("a proxy in the environment is not used") {
  constexpr const char* names[] = {"grpc_proxy", "http_proxy", "https_proxy"};
  for (const char* name : names) {
    ::setenv(name, "http://127.0.0.1:1", 1);
  }
  {
    Fixture f;
    f.start();
    CHECK(f.list() == entries_of_one_device("train-0"));
  }
  for (const char* name : names) {
    ::unsetenv(name);
  }
}

}  // namespace
}  // namespace efa::test
