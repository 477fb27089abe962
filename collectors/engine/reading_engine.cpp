#include "collectors/engine/reading_engine.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "collectors/engine/worker_pool.h"

namespace efa {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds patience_of_one_thread{5};
constexpr milliseconds between_looks = WorkerPool::slow_after;

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

class ReadingEngine::State final : public WorkerPool::Tasks,
                                   public std::enable_shared_from_this<State> {
 public:
  State(std::unique_ptr<DeviceScanner> scanner, const EngineLimits& limits)
      : scanner_(std::move(scanner)), limits_(limits), pool_(mutex_, *this) {}

  std::shared_ptr<const Reading> read(milliseconds patience);
  void stop();

  void set_limits(const EngineLimits& limits) {
    const std::lock_guard lock(mutex_);
    limits_ = limits;
  }
  [[nodiscard]] milliseconds deadline() const {
    const std::lock_guard lock(mutex_);
    return limits_.deadline;
  }
  [[nodiscard]] std::size_t thread_count() const {
    const std::lock_guard lock(mutex_);
    return pool_.thread_count();
  }

  // WorkerPool::Tasks
  [[nodiscard]] std::size_t waiting() const override { return queue_.size(); }
  void work_on_next(std::unique_lock<std::mutex>& lock) override;

 private:
  // A device as the engine sees it. It outlives its place in `devices_` while a reading is stuck.
  struct Device {
    std::shared_ptr<DeviceReader> reader;
    std::shared_ptr<const DeviceLayout> layout;  // the reader's, at its last reading
    DeviceReading spare;                         // storage for the next reading
    ReasonCounts* errors = nullptr;              // in errors_by_identity_
    bool busy = false;                           // a reading has not returned
  };

  // One pass over all devices, and the scrapes that wait for it.
  struct Run {
    std::unique_ptr<Reading> reading;
    std::vector<std::shared_ptr<Device>> devices;  // parallel to reading->devices
    std::vector<bool> missing;                     // parallel: not read yet
    std::size_t missing_count = 0;
    bool scanned = false;
    SteadyTime limit;      // no scrape waits longer
    SteadyTime next_look;  // when to see whether more threads are wanted
    std::size_t scrapes = 0;
    std::chrono::nanoseconds work{};
    std::shared_ptr<const Reading> published;

    [[nodiscard]] bool complete() const { return scanned && missing_count == 0; }
  };

  // Where a reading goes when its last scrape lets go of it, so that the next run finds its
  // storage. It has a mutex of its own, because that can happen with mutex_ held.
  struct Recycler {
    std::mutex mutex;
    std::unique_ptr<Reading> reading;

    std::unique_ptr<Reading> take() {
      const std::lock_guard lock(mutex);
      return reading ? std::move(reading) : std::make_unique<Reading>();
    }
    void give_back(std::unique_ptr<Reading> used) {
      const std::lock_guard lock(mutex);
      reading.swap(used);
    }
  };

  struct Task {
    std::shared_ptr<Run> run;
    std::shared_ptr<Device> device;  // null: scan
    std::size_t index = 0;           // in the run
  };

  void start_run();
  void prepare(const std::shared_ptr<Run>& run);
  void adopt(const DeviceScanner::Devices& found);
  void scan(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Run>& run);
  void read_device(std::unique_lock<std::mutex>& lock, const Task& task);
  Result<void> guarded_scan();
  static void guarded_read(DeviceReader& reader, DeviceReading& out);
  void await(std::unique_lock<std::mutex>& lock, Run& run, SteadyTime until);
  void conclude(const Run& run, Reading& reading) const;
  void end_run(Run& run);
  void engage(std::size_t threads) { pool_.engage(threads, limits_.threads, shared_from_this()); }

  mutable std::mutex mutex_;
  std::condition_variable progress_;  // a run is complete

  // Used by the one task that scans.
  std::unique_ptr<DeviceScanner> scanner_;
  DeviceScanner::Devices scanned_;

  // Guarded by mutex_.
  EngineLimits limits_;
  std::vector<std::shared_ptr<Device>> devices_;
  std::map<std::string, ReasonCounts> errors_by_identity_;
  std::deque<Task> queue_;
  std::shared_ptr<Run> current_;
  std::shared_ptr<Recycler> recycler_ = std::make_shared<Recycler>();
  std::optional<Problem> scan_problem_;
  bool scan_busy_ = false;
  bool side_by_side_ = false;  // the last run made one thread wait
  WorkerPool pool_;
};

std::shared_ptr<const Reading> ReadingEngine::State::read(milliseconds patience) {
  std::unique_lock lock(mutex_);
  if (!current_) {
    start_run();
  }
  const std::shared_ptr<Run> run = current_;
  ++run->scrapes;
  await(lock, *run, std::min(now() + patience, run->limit));
  --run->scrapes;
  if (run->published) {
    return run->published;
  }
  if (!run->complete() && run->scrapes > 0 && now() < run->limit) {
    // Others have more patience: this scrape takes what there is by now.
    auto partial = std::make_unique<Reading>(*run->reading);
    conclude(*run, *partial);
    return partial;
  }
  end_run(*run);
  return run->published;
}

void ReadingEngine::State::start_run() {
  auto run = std::make_shared<Run>();
  run->reading = recycler_->take();
  run->reading->started = now();
  run->limit = run->reading->started + limits_.deadline;
  run->next_look = run->reading->started + patience_of_one_thread;
  current_ = run;
  if (scan_busy_) {  // a scan hangs: go on with the devices that were there
    scan_problem_ = Problem{Reason::stuck, 0, {}};
    prepare(run);
  } else {
    scan_busy_ = true;
    queue_.push_back({run, nullptr, 0});
  }
  engage(1);
}

// Waits until the run is complete or ended, looking now and then whether it wants more threads.
void ReadingEngine::State::await(std::unique_lock<std::mutex>& lock, Run& run, SteadyTime until) {
  const auto over = [&] { return run.published || run.complete(); };
  while (!over() && now() < until) {
    // A copy: the wait looks at its time again, and another scrape moves next_look meanwhile.
    const SteadyTime wake_up = std::min(until, run.next_look);
    progress_.wait_until(lock, wake_up, over);
    if (!over() && now() >= run.next_look) {
      const bool all_taken = run.scanned && queue_.empty();
      engage(limits_.threads);
      run.next_look = all_taken ? run.limit : now() + between_looks;
    }
  }
}

void ReadingEngine::State::work_on_next(std::unique_lock<std::mutex>& lock) {
  const Task task = std::move(queue_.front());
  queue_.pop_front();
  const SteadyTime begin = now();
  if (task.device) {
    read_device(lock, task);
  } else {
    scan(lock, task.run);
  }
  task.run->work += now() - begin;
}

void ReadingEngine::State::scan(std::unique_lock<std::mutex>& lock,
                                const std::shared_ptr<Run>& run) {
  lock.unlock();
  const Result<void> result = guarded_scan();
  lock.lock();
  scan_busy_ = false;
  adopt(scanned_);
  if (result) {
    scan_problem_.reset();
  } else {
    scan_problem_ =
        Problem{result.error().reason, result.error().errno_value, result.error().context};
  }
  if (!run->published) {
    prepare(run);
  }
}

Result<void> ReadingEngine::State::guarded_scan() {
  try {
    return scanner_->scan(scanned_);
  } catch (const std::exception& failure) {  // out of memory
    return Error{Reason::transient, 0, failure.what()};
  }
}

void ReadingEngine::State::guarded_read(DeviceReader& reader, DeviceReading& out) {
  try {
    reader.read(out);
  } catch (const std::exception& failure) {  // out of memory
    out.reset(reader.layout());
    ++out.failures[static_cast<std::size_t>(Reason::transient)];
    out.problem = Problem{Reason::transient, 0, failure.what()};
  }
}

// Makes `devices_` what the scan found. In the steady state all readers are the same, and this only
// looks.
void ReadingEngine::State::adopt(const DeviceScanner::Devices& found) {
  const bool same =
      std::equal(found.begin(), found.end(), devices_.begin(), devices_.end(),
                 [](const auto& reader, const auto& device) { return reader == device->reader; });
  if (same) {
    return;
  }
  std::vector<std::shared_ptr<Device>> devices;
  devices.reserve(found.size());
  for (const auto& reader : found) {
    const auto known = std::find_if(devices_.begin(), devices_.end(),
                                    [&](const auto& device) { return device->reader == reader; });
    if (known != devices_.end()) {
      devices.push_back(*known);
      continue;
    }
    auto device = std::make_shared<Device>();
    device->reader = reader;
    device->layout = reader->layout();
    device->errors = &errors_by_identity_[reader->identity()];
    devices.push_back(std::move(device));
  }
  devices_ = std::move(devices);
}

// Gives the run its devices, and every device that is not busy a task.
void ReadingEngine::State::prepare(const std::shared_ptr<Run>& run) {
  run->scanned = true;
  run->devices = devices_;
  run->reading->scan_problem = scan_problem_;
  run->reading->devices.resize(devices_.size());
  run->missing.assign(devices_.size(), false);
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    Device& device = *devices_[i];
    run->reading->devices[i].reset(device.layout);
    if (device.busy) {
      run->reading->devices[i].state = DeviceState::stuck;
      continue;
    }
    device.busy = true;
    run->missing[i] = true;
    ++run->missing_count;
    queue_.push_back({run, devices_[i], i});
  }
  if (run->complete()) {
    progress_.notify_all();
  } else if (side_by_side_) {
    engage(limits_.threads);
    run->next_look = now() + between_looks;
  }
}

void ReadingEngine::State::read_device(std::unique_lock<std::mutex>& lock, const Task& task) {
  Device& device = *task.device;
  DeviceReading out = std::move(device.spare);
  lock.unlock();
  guarded_read(*device.reader, out);
  lock.lock();
  device.busy = false;
  device.layout = out.layout;
  for (std::size_t reason = 0; reason < reason_count; ++reason) {
    (*device.errors)[reason] += out.failures[reason];
  }
  Run& run = *task.run;
  if (!run.published) {  // else too late: its scrape has gone without it
    std::swap(run.reading->devices[task.index], out);
    run.missing[task.index] = false;
    if (--run.missing_count == 0) {
      progress_.notify_all();
    }
  }
  device.spare = std::move(out);
}

// Completes what a scrape takes away: devices that have not answered are stuck.
void ReadingEngine::State::conclude(const Run& run, Reading& reading) const {
  const Problem no_answer{Reason::stuck, 0, {}};
  if (!run.scanned) {
    reading.scan_problem = no_answer;
    reading.devices.resize(devices_.size());
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      reading.devices[i].reset(devices_[i]->layout);
      reading.devices[i].state = DeviceState::stuck;
    }
  }
  const auto& devices = run.scanned ? run.devices : devices_;
  reading.read_errors.resize(devices.size());
  for (std::size_t i = 0; i < devices.size(); ++i) {
    if (run.scanned && run.missing[i]) {
      reading.devices[i].state = DeviceState::stuck;
    }
    if (reading.devices[i].state == DeviceState::stuck) {
      reading.devices[i].problem = no_answer;
    }
    reading.read_errors[i] = *devices[i]->errors;
  }
  reading.duration = now() - reading.started;
}

void ReadingEngine::State::end_run(Run& run) {
  for (std::size_t i = 0; i < run.missing.size(); ++i) {
    if (run.missing[i]) {
      ++(*run.devices[i]->errors)[static_cast<std::size_t>(Reason::stuck)];
    }
  }
  conclude(run, *run.reading);
  // What no thread has begun is not asked any more.
  std::erase_if(queue_, [](const Task& task) {
    if (task.device) {
      task.device->busy = false;
    }
    return task.device != nullptr;
  });
  // A task that hangs keeps the run: the readers of other devices must not stay with it.
  run.devices.clear();
  side_by_side_ = run.work > patience_of_one_thread;
  Reading* reading = run.reading.release();
  run.published = std::shared_ptr<const Reading>(
      reading, [reading, recycler = recycler_](const Reading* /*same*/) {
        recycler->give_back(std::unique_ptr<Reading>(reading));
      });
  current_.reset();
  progress_.notify_all();
}

// The last thread to leave may let go of this object after the engine is gone: readers and scanner
// that no stuck thread uses must not wait for that.
void ReadingEngine::State::stop() {
  std::unique_lock lock(mutex_);
  const bool scan_waits = std::any_of(queue_.begin(), queue_.end(),
                                      [](const Task& task) { return task.device == nullptr; });
  queue_.clear();
  pool_.stop();
  pool_.wait_until_left(lock);
  devices_.clear();
  if (scan_waits || !scan_busy_) {
    scanned_.clear();
    scanner_.reset();
  }
}

ReadingEngine::ReadingEngine(std::unique_ptr<DeviceScanner> scanner, const EngineLimits& limits)
    : state_(std::make_shared<State>(std::move(scanner), limits)) {}

ReadingEngine::~ReadingEngine() { state_->stop(); }

std::shared_ptr<const Reading> ReadingEngine::read(milliseconds patience) {
  return state_->read(patience);
}

std::shared_ptr<const Reading> ReadingEngine::read() { return state_->read(state_->deadline()); }

void ReadingEngine::set_limits(const EngineLimits& limits) { state_->set_limits(limits); }

std::size_t ReadingEngine::thread_count() const { return state_->thread_count(); }

}  // namespace efa
