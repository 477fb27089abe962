#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <mutex>
#include <vector>

#include "agent/exposition/listener.h"
#include "collectors/base/files.h"
#include "collectors/base/unique_fd.h"

namespace efa {

/// The sockets of civetweb, which it shows nobody, reached from outside. Three things it cannot do
/// need them: listen on IPv6 (Debian builds it without) and say why a listener failed; end within
/// two seconds (it looks for news only so often; shutdown(2) wakes it at once); close a connection
/// that is silent when another one needs its thread.
///
/// Source   /proc/self/fd, held open, so that it works when descriptors have run out
/// Cost     a few system calls a descriptor of the process; never in the course of a request
/// Threads  safe to call concurrently
class ServerSockets {
 public:
  explicit ServerSockets(std::vector<Listener> listeners);

  /// How many sockets civetweb is to have: one for each listener, and one for what wakes it.
  [[nodiscard]] std::size_t places() const { return addresses_.size() + 1; }
  /// What to tell civetweb to listen on: a free port of 127.0.0.1 for each of them.
  [[nodiscard]] std::string placeholders() const;
  /// Gives civetweb the listeners under the descriptors of its own sockets, which listen on these
  /// ports, one for each placeholder. To be called before its threads start: poll(2) would not
  /// notice. False: not found.
  bool put_listeners_in_place(const std::vector<std::uint16_t>& placeholder_ports);

  /// Closes the listening sockets, and puts something into their places that never has news until
  /// wake_listeners() is called, so that the descriptors stay civetweb's and it need not spin.
  /// Those that are shared go on listening, for others.
  void close_listeners();
  void wake_listeners();

  /// shutdown(2) of every connection; how many there are.
  std::size_t shut_down_connections(int how);
  /// Ends the connection on which nothing was sent or received for longest, and for at least that
  /// long; false if there is none, or it is the only one. What it has sent can still be read.
  bool shut_down_quietest(std::chrono::milliseconds at_least);
  /// Closes what connections are left. Only when nobody else would.
  void close_connections();

 private:
  template <typename Visit>
  void for_each_socket(Visit visit);
  template <typename Visit>
  void for_each_connection(Visit visit);
  bool is_connection_of_ours(const sockaddr_storage& bound) const;

  std::mutex mutex_;
  PosixFiles files_;
  UniqueFd directory_;
  UniqueFd stand_in_;
  std::vector<DirectoryEntry> entries_;
  std::vector<Listener> listeners_;
  std::vector<sockaddr_storage> addresses_;  // of the listeners, also when they are closed
  // civetweb's descriptors of the listeners, and of what wakes it: of a listener that is shared
  // there is no news when it is closed here.
  std::vector<int> places_;
};

}  // namespace efa
