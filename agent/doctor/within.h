#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace efa {

/// What `make` makes, if it does within the patience: some things take a lock of the kernel that a
/// sick driver may hold for as long as it likes, and a file system may hang.
///
/// Cost     a thread, which is left to itself if it is late. What `make` refers to must be there
///          for ever
template <typename Make>
auto within(std::chrono::nanoseconds patience, Make make) -> std::optional<decltype(make())> {
  auto task = std::make_shared<std::packaged_task<decltype(make())()>>(std::move(make));
  auto made = task->get_future();
  std::thread([task] { (*task)(); }).detach();
  if (made.wait_for(patience) != std::future_status::ready) {
    return std::nullopt;
  }
  return made.get();
}

}  // namespace efa
