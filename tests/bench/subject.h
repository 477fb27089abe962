#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "collectors/base/unique_fd.h"

namespace efa::bench {

/// A process under measurement, asked for one scrape after the other.
///
/// Errors   throws std::runtime_error
class Subject {
 public:
  /// Starts `arguments`; the process ends when the subject does.
  Subject(std::string name, const std::vector<std::string>& arguments);
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  virtual ~Subject();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

  /// One scrape, waiting for its end.
  virtual void scrape() = 0;

  /// CPU time of all its threads since it began.
  [[nodiscard]] std::chrono::nanoseconds cpu() const;
  [[nodiscard]] std::size_t resident_kilobytes() const;
  /// System calls of one scrape, all threads, by strace; 0 without it.
  double count_system_calls(int scrapes);

 protected:
  std::string wait_for_line_with(const std::string& word);

  UniqueFd input_;   // its stdin
  UniqueFd output_;  // its stdout and stderr

 private:
  std::string name_;
  pid_t pid_ = -1;
};

/// Asked by a byte on its stdin.
class PipeSubject final : public Subject {
 public:
  using Subject::Subject;
  void scrape() override;
};

/// Asked over HTTP, on one connection for as long as the server keeps it; prints `address=HOST:PORT
/// ` when it listens.
class HttpSubject final : public Subject {
 public:
  HttpSubject(std::string name, const std::vector<std::string>& arguments,
              const std::string& encoding, bool keeps_connections = true);
  void scrape() override;
  [[nodiscard]] std::size_t answer_size() const { return answer_size_; }

 private:
  void connect();

  bool kept_;  // the server keeps connections open; prometheus-cpp's does not, and does not say so
  std::uint16_t port_ = 0;
  std::string request_;
  std::string answer_;
  std::size_t answer_size_ = 0;
  UniqueFd connection_;
};

}  // namespace efa::bench
