#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <openssl/types.h>

#include "agent/tls/file_watch.h"
#include "agent/tls/web_security.h"
#include "config/web_config.h"

namespace efa {

/// A web configuration and its certificates as they are on disk now, or were when they last made
/// sense.
///
/// Threads  safe to call concurrently
class LiveWebConfig {
 public:
  struct State {
    WebConfig config;
    std::shared_ptr<SSL_CTX> context;  // null: plain HTTP
  };

  LiveWebConfig(std::string file, WebSecurity::Tell tell)
      : file_(std::move(file)), tell_(std::move(tell)) {}

  /// To be called first, and once: what is wrong, or nothing.
  std::vector<ConfigError> start();

  /// What is in force, after a look at the files.
  std::shared_ptr<const State> current();

  /// Reads the files again, changed or not.
  void reload();

 private:
  struct Attempt {
    State state;
    FileWatch watch;
    std::vector<ConfigError> errors;
    std::vector<std::string> warnings;
  };
  [[nodiscard]] Attempt read() const;
  void try_again(bool asked);
  void tell_warnings(const std::vector<std::string>& warnings) const;

  const std::string file_;
  const WebSecurity::Tell tell_;
  std::mutex mutex_;  // guards what follows
  std::shared_ptr<const State> state_;
  FileWatch watch_;
  std::string told_;  // the errors that the log has already; empty: all is well
};

}  // namespace efa
