#pragma once

#include <initializer_list>
#include <span>
#include <string_view>

#include "agent/daemon/log_line.h"
#include "config/config.h"

/// The agent's log, on stderr:
///
///     log::info("device found", {{"device", name}, {"pci_address", address}});
///
/// Errors   none reach the caller: a line that stderr does not take at once is lost, and how many
///          were lost is said by the next line that it takes
/// Cost     nothing but a comparison below the level in force; else a poll and a write
/// Threads  everything here is safe to call concurrently, at any time
namespace efa::log {

using Fields = std::initializer_list<Field>;

/// Until the first call: info, logfmt, plain. Can be called again, say on SIGHUP.
void configure(LogLevel level, LogFormat format, Destination destination);

/// Whether stderr is connected to journald: JOURNAL_STREAM names its device and inode.
Destination stderr_destination();
/// The same of any descriptor and value of JOURNAL_STREAM (null: not set).
Destination destination_of(int fd, const char* journal_stream);

[[nodiscard]] bool enabled(LogLevel level);

void write(LogLevel level, std::string_view message, std::span<const Field> fields) noexcept;

inline void debug(std::string_view message, Fields fields = {}) noexcept {
  write(LogLevel::debug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) noexcept {
  write(LogLevel::info, message, fields);
}
inline void warning(std::string_view message, Fields fields = {}) noexcept {
  write(LogLevel::warning, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) noexcept {
  write(LogLevel::error, message, fields);
}

}  // namespace efa::log
