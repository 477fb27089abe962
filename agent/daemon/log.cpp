#include "agent/daemon/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include "agent/daemon/line_writer.h"

namespace efa::log {
namespace {

using AtomicStyle = std::atomic<LineStyle>;
static_assert(AtomicStyle::is_always_lock_free);

// Takes lines that are rendered already; says how many were lost before the next one that gets
// through.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit StderrSink(const AtomicStyle& style) : style_(style) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (lost_ != 0 && report_lost(message.time)) {
      lost_ = 0;
    }
    if (lost_ != 0 || !writer_.write({message.payload.data(), message.payload.size()})) {
      ++lost_;
    }
  }
  void flush_() override {}

  bool report_lost(spdlog::log_clock::time_point time) {
    const std::string count = std::to_string(lost_);
    const std::array<Field, 1> fields = {Field{"lines", count}};
    render_line({LogLevel::warning, time, "log lines were lost: stderr did not take them", fields},
                style_.load(), line_);
    return writer_.write(line_);
  }

  const AtomicStyle& style_;
  LineWriter writer_{STDERR_FILENO};
  std::uint64_t lost_ = 0;
  std::string line_;
};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

struct Log {
  AtomicStyle style{LineStyle{}};
  spdlog::logger logger{"efa-agent", std::make_shared<StderrSink>(style)};

  Log() {
    // spdlog's own handler prints to stderr, and waits for it.
    logger.set_error_handler([](const std::string&) {});
  }
};

// Never destroyed: a thread that waits in the kernel for a stuck device may outlive main().
Log& the_log() {
  static Log& log = *new Log;
  return log;
}

}  // namespace

void configure(LogLevel level, LogFormat format, Destination destination) {
  the_log().style.store({format, destination});
  the_log().logger.set_level(to_spdlog(level));
}

Destination stderr_destination() {
  return destination_of(STDERR_FILENO, std::getenv("JOURNAL_STREAM"));
}

Destination destination_of(int fd, const char* journal_stream) {
  struct stat status {};
  if (journal_stream == nullptr || ::fstat(fd, &status) != 0) {
    return Destination::plain;
  }
  const std::string here = std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
  return here == journal_stream ? Destination::journal : Destination::plain;
}

bool enabled(LogLevel level) { return the_log().logger.should_log(to_spdlog(level)); }

void write(LogLevel level, std::string_view message, std::span<const Field> fields) noexcept {
  try {
    if (!enabled(level)) {
      return;
    }
    const auto now = std::chrono::system_clock::now();
    std::string line;
    render_line({level, now, message, fields}, the_log().style.load(), line);
    the_log().logger.log(now, {}, to_spdlog(level), spdlog::string_view_t(line));
  } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for a line of log is not worth more
  }
}

}  // namespace efa::log
