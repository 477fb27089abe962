#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "collectors/catalogue/hw_counters.h"
#include "collectors/engine/device_reader.h"

namespace efa::test {

/// Where threads wait while it is closed; not for ever, so that a test that goes wrong fails and
/// does not hang.
///
/// Threads  safe to call concurrently
class Gate {
 public:
  void close() { set(true); }
  void open() { set(false); }

  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::seconds(30), [this] { return !closed_; });
    --waiting_;
  }
  bool wait_for_waiting(std::size_t count = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10),
                             [&] { return closed_ && waiting_ >= count; });
  }

 private:
  void set(bool closed) {
    const std::lock_guard lock(mutex_);
    closed_ = closed;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  std::size_t waiting_ = 0;
};

/// Where `count` threads have to be at the same time for any of them to go on.
class Rendezvous {
 public:
  explicit Rendezvous(std::size_t count) : missing_(count) {}

  void arrive_and_wait() {
    std::unique_lock lock(mutex_);
    missing_ -= std::min<std::size_t>(missing_, 1);
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::seconds(10), [this] { return missing_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t missing_;
};

/// A device and what the next reading of it gives: `value` in each of its two counters. Shared with
/// its reader, which can outlive the engine.
///
/// Threads  safe to call concurrently
class FakeDevice {
 public:
  explicit FakeDevice(std::string identity) : identity_(std::move(identity)) {}

  Gate gate;  // every reading passes it

  void set_value(std::uint64_t value) {
    with_lock([&] { value_ = value; });
  }
  /// Every reading counts `times` failures for `reason`.
  void fail(Reason reason, std::uint32_t times) {
    with_lock([&] { failures_.at(static_cast<std::size_t>(reason)) = times; });
  }
  void throw_when_read(bool wanted) {
    with_lock([&] { throws_ = wanted; });
  }
  void meet_at(std::shared_ptr<Rendezvous> rendezvous) {
    with_lock([&] { rendezvous_ = std::move(rendezvous); });
  }

  [[nodiscard]] const std::string& identity() const { return identity_; }
  /// Readings begun so far.
  [[nodiscard]] std::size_t readings() const {
    return with_lock([&] { return readings_; });
  }
  /// Whether two threads were ever in its reader at once.
  [[nodiscard]] bool was_read_twice_at_once() const {
    return with_lock([&] { return overlapped_; });
  }
  /// Waits until no reader of it is left.
  bool wait_until_dropped() {
    std::unique_lock lock(mutex_);
    return dropped_.wait_for(lock, std::chrono::seconds(10), [this] { return readers_ == 0; });
  }

  void reader_made() {
    with_lock([&] { ++readers_; });
  }
  void reader_gone() {
    with_lock([&] {
      --readers_;
      dropped_.notify_all();
    });
  }
  void read(DeviceReading& out, const std::shared_ptr<const DeviceLayout>& layout) {
    std::shared_ptr<Rendezvous> rendezvous;
    with_lock([&] {
      ++readings_;
      overlapped_ = overlapped_ || reading_;
      reading_ = true;
      rendezvous = rendezvous_;
    });
    gate.pass();
    if (rendezvous) {
      rendezvous->arrive_and_wait();
    }
    with_lock([&] {
      reading_ = false;
      if (throws_) {
        throw std::runtime_error("a reader's mistake");
      }
      out.reset(layout);
      std::fill(out.values.begin(), out.values.end(), value_);
      std::fill(out.present.begin(), out.present.end(), std::uint8_t{1});
      out.failures = failures_;
      out.state = DeviceState::up;
    });
  }

 private:
  template <typename Function>
  std::invoke_result_t<Function> with_lock(const Function& function) const {
    const std::lock_guard lock(mutex_);
    return function();
  }

  const std::string identity_;
  mutable std::mutex mutex_;
  std::condition_variable dropped_;
  std::uint64_t value_ = 0;
  std::array<std::uint32_t, reason_count> failures_{};
  std::shared_ptr<Rendezvous> rendezvous_;
  std::size_t readings_ = 0;
  std::size_t readers_ = 0;
  bool throws_ = false;
  bool reading_ = false;
  bool overlapped_ = false;
};

class FakeReader final : public DeviceReader {
 public:
  explicit FakeReader(std::shared_ptr<FakeDevice> device) : device_(std::move(device)) {
    auto layout = std::make_shared<DeviceLayout>();
    layout->attributes.name = "efa_" + device_->identity();
    layout->attributes.pci_address = device_->identity();
    for (const char* file : {"tx_bytes", "rx_bytes"}) {
      layout->counters.push_back({find_hw_counter(file), file, "1", "1"});
    }
    layout_ = std::move(layout);
    device_->reader_made();
  }
  ~FakeReader() override { device_->reader_gone(); }

  [[nodiscard]] const std::string& identity() const override { return device_->identity(); }
  [[nodiscard]] std::shared_ptr<const DeviceLayout> layout() const override { return layout_; }
  void read(DeviceReading& out) override { device_->read(out, layout_); }

 private:
  std::shared_ptr<FakeDevice> device_;
  std::shared_ptr<const DeviceLayout> layout_;
};

/// Devices that come and go as a test says. Shared with its scanner.
///
/// Threads  safe to call concurrently
class FakeHost {
 public:
  Gate gate;  // every scan passes it

  std::shared_ptr<FakeDevice> add(const std::string& identity) {
    auto device = std::make_shared<FakeDevice>(identity);
    const std::lock_guard lock(mutex_);
    readers_.push_back(std::make_shared<FakeReader>(device));
    std::sort(readers_.begin(), readers_.end(),
              [](const auto& a, const auto& b) { return a->identity() < b->identity(); });
    return device;
  }
  void remove(const std::string& identity) {
    const std::lock_guard lock(mutex_);
    std::erase_if(readers_, [&](const auto& reader) { return reader->identity() == identity; });
  }
  /// Off the bus and back on it.
  std::shared_ptr<FakeDevice> recreate(const std::string& identity) {
    remove(identity);
    return add(identity);
  }
  void fail_scans(std::optional<int> errno_value) {
    const std::lock_guard lock(mutex_);
    scan_errno_ = errno_value;
  }
  void throw_when_scanned(bool wanted) {
    const std::lock_guard lock(mutex_);
    throws_ = wanted;
  }

  Result<void> scan(DeviceScanner::Devices& devices) {
    gate.pass();
    const std::lock_guard lock(mutex_);
    if (throws_) {
      throw std::runtime_error("a scanner's mistake");
    }
    if (scan_errno_) {
      return Error::from_errno(*scan_errno_, "class/infiniband");
    }
    devices = readers_;
    return {};
  }

 private:
  std::mutex mutex_;
  DeviceScanner::Devices readers_;
  std::optional<int> scan_errno_;
  bool throws_ = false;
};

class FakeScanner final : public DeviceScanner {
 public:
  explicit FakeScanner(std::shared_ptr<FakeHost> host) : host_(std::move(host)) {}
  Result<void> scan(Devices& devices) override { return host_->scan(devices); }

 private:
  std::shared_ptr<FakeHost> host_;
};

}  // namespace efa::test
