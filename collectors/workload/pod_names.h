#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/base/clock.h"
#include "collectors/base/files.h"
#include "collectors/base/result.h"

namespace efa {

/// What Kubernetes calls a pod and, where it can be told, one of its containers.
struct PodName {
  std::string name_space;
  std::string pod;
  std::string container;  // or empty

  bool operator==(const PodName&) const = default;
};

/// A directory of kubelet's logs, "<namespace>_<pod>_<uid>". The names of Kubernetes hold no '_'.
struct PodDirectory {
  std::string_view uid;
  std::string_view name_space;
  std::string_view pod;
};
std::optional<PodDirectory> parse_pod_directory(std::string_view name);

/// A link to a container's log, "<pod>_<namespace>_<container>-<64 hexadecimal digits>.log".
struct ContainerLog {
  std::string_view container_id;
  std::string_view name_space;
  std::string_view pod;
  std::string_view container;
};
std::optional<ContainerLog> parse_container_log(std::string_view name);

/// The names behind the uids of pods and the ids of containers of this host, from the log
/// directories that kubelet makes before it starts a container: no API server, no socket.
///
/// Source   /var/log/pods: <namespace>_<pod>_<uid>/<container>; /var/log/containers, if there.
///          A container whose id no link has is named only if its pod has no other
/// Errors   find() has nothing for what is not known; problem() says why the pods could not be
///          listed (absent: no kubelet here)
/// Cost     none for what is known; for what is not, two directories listed every `refresh_age` at
///          most, and parsed only if names or inodes have changed
/// Threads  one at a time
class PodNames {
 public:
  static constexpr std::chrono::seconds refresh_age{10};
  /// More than this many entries are not kept: kubelet runs some hundred pods.
  static constexpr std::size_t most = 16384;

  /// `files` and `clock` must outlive it. `pods` is "/var/log/pods", `containers` is
  /// "/var/log/containers", or where they are mounted.
  PodNames(Files& files, const Clock& clock, std::string pods, std::string containers);

  /// Either may be empty: a container id alone may name its pod.
  std::optional<PodName> find(const std::string& pod_uid, const std::string& container_id);

  /// Why the last listing of the pods failed.
  [[nodiscard]] const std::optional<Error>& problem() const { return problem_; }

 private:
  struct Pod {
    std::string directory;
    PodName name;
  };
  // Names by id, and what was listed when they were made.
  template <typename Value>
  struct Listing {
    std::vector<DirectoryEntry> entries;
    std::map<std::string, Value, std::less<>> known;
  };

  [[nodiscard]] std::optional<PodName> look_up(const std::string& pod_uid,
                                               const std::string& container_id);
  [[nodiscard]] std::string only_container(const Pod& pod);
  void refresh();
  Result<bool> list(const std::string& path, std::vector<DirectoryEntry>& entries);
  void refresh_pods();
  void refresh_containers();

  Files& files_;
  const Clock& clock_;
  const std::string pods_path_;
  const std::string containers_path_;
  Listing<Pod> pods_;
  Listing<PodName> containers_;
  std::map<std::string, std::string, std::less<>> only_containers_;  // by container id
  std::vector<DirectoryEntry> entries_;                              // storage
  std::optional<SteadyTime> refreshed_at_;
  std::optional<Error> problem_;
};

}  // namespace efa
