#pragma once

#include <memory>
#include <vector>

#include "collectors/base/result.h"
#include "collectors/engine/reading.h"

namespace efa {

/// Reads the counters of one device, from whichever source.
///
/// Errors   in the DeviceReading, never thrown
/// Cost     may block in the kernel for 30 s, uninterruptibly
/// Threads  one thread at a time, not always the same
class DeviceReader {
 public:
  DeviceReader() = default;
  DeviceReader(const DeviceReader&) = delete;
  DeviceReader& operator=(const DeviceReader&) = delete;
  virtual ~DeviceReader() = default;

  /// See DeviceAttributes::identity().
  [[nodiscard]] virtual const std::string& identity() const = 0;
  /// What is known of the device before it has been read.
  [[nodiscard]] virtual std::shared_ptr<const DeviceLayout> layout() const = 0;
  /// Reads everything into `out`, whose storage is used again.
  virtual void read(DeviceReading& out) = 0;
};

/// Knows which devices there are.
///
/// Threads  one thread at a time, not always the same
class DeviceScanner {
 public:
  using Devices = std::vector<std::shared_ptr<DeviceReader>>;

  DeviceScanner() = default;
  DeviceScanner(const DeviceScanner&) = delete;
  DeviceScanner& operator=(const DeviceScanner&) = delete;
  virtual ~DeviceScanner() = default;

  /// Brings `devices` up to date, ordered by identity: a device that is still the same keeps its
  /// reader, a new or re-created one gets a new reader, one that is gone is dropped.
  /// On an error `devices` is what is known all the same: as it was, or without the ones that
  /// could not be told. A reader that was dropped does not come back.
  virtual Result<void> scan(Devices& devices) = 0;
};

}  // namespace efa
