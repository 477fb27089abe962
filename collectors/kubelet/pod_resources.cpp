#include "collectors/kubelet/pod_resources.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <utility>

#include <grpc/support/time.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel_posix.h>

#include "collectors/base/unique_fd.h"
#include "collectors/kubelet/pod_resources_answer.h"
#include "collectors/kubelet/podresources.grpc.pb.h"

namespace efa {
namespace {

constexpr int largest_answer = 16 << 20;

Result<UniqueFd> connect_to(const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof address.sun_path) {
    return Error::from_errno(ENAMETOOLONG, socket);
  }
  socket.copy(address.sun_path, socket.size());
  // A kubelet that accepts no more connections must not hold us up: EAGAIN.
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Error::from_errno(errno, socket);
  }
  return fd;
}

Error error_of(const grpc::Status& status, const std::string& socket) {
  Error error{Reason::transient, 0, socket + ": " + status.error_message()};
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    error.reason = Reason::timeout;
  } else if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    error.reason = Reason::unsupported;
  }
  return error;
}

// gRPC is given a socket that is connected, not a path: it tells an errno in words only, and once
// it knows a path it goes on trying to connect, by itself and at intervals of its own. So there is
// no back-off either, no name to resolve, and no proxy.
std::shared_ptr<grpc::Channel> channel_of(UniqueFd fd) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(largest_answer);
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
  return grpc::CreateCustomInsecureChannelFromFd("kubelet", fd.release(), arguments);
}

}  // namespace

Result<std::vector<PodAllocation>> list_pod_allocations(const std::string& socket,
                                                        std::chrono::milliseconds deadline) {
  auto fd = connect_to(socket);
  if (!fd) {
    return fd.error();
  }
  v1::PodResourcesLister::Stub lister(channel_of(std::move(*fd)));
  grpc::ClientContext context;
  context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                    gpr_time_from_millis(deadline.count(), GPR_TIMESPAN)));
  v1::ListPodResourcesResponse answer;
  const grpc::Status status = lister.List(&context, {}, &answer);
  if (!status.ok()) {
    return error_of(status, socket);
  }
  return efa_allocations(answer);
}

}  // namespace efa
