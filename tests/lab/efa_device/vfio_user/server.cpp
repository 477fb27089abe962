#include "tests/lab/efa_device/vfio_user/server.h"

#include <poll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <span>
#include <utility>
#include <variant>

namespace efa::lab::vfio_user {
namespace {

using std::chrono::nanoseconds;

/// Waits for any of them, at most as long as that; std::nullopt: however long it takes.
void wait_for(std::span<pollfd> descriptors, std::optional<nanoseconds> at_most) {
  timespec time{};
  if (at_most) {
    const nanoseconds positive = std::max(*at_most, nanoseconds::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(positive);
    time = {.tv_sec = seconds.count(), .tv_nsec = (positive - seconds).count()};
  }
  // Interrupted is as good as due: callers look again.
  ::ppoll(descriptors.data(), descriptors.size(), at_most ? &time : nullptr, nullptr);
}

pollfd readable(int descriptor) { return {.fd = descriptor, .events = POLLIN, .revents = 0}; }

}  // namespace

Server::Server(const Profile& profile, unsigned number, Fabric& fabric, const Clock& clock,
               const Log& log)
    : fabric_(fabric),
      clock_(clock),
      log_(log),
      device_(profile, number, fabric, guest_, clock, log),
      commands_(device_, guest_) {}

void Server::run(const Listener& listener) {
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // else the kernel makes every wait 50 us longer
  while (true) {
    std::array waiting = {readable(listener.descriptor()), readable(stop_.descriptor())};
    wait_for(waiting, std::nullopt);
    if (waiting[1].revents != 0) {
      return;
    }
    if (UniqueFd client = listener.accept()) {
      serve(std::move(client));
    }
  }
}

void Server::serve(UniqueFd client) {
  log_.event(device_.name(), "a client connects");
  Connection connection(std::move(client));
  bool stays = true;
  while (stays) {
    const auto due = do_what_is_due();
    std::array waiting = {readable(connection.descriptor()), readable(stop_.descriptor()),
                          readable(changed_.descriptor())};
    wait_for(waiting, due ? std::optional(*due - clock_.now()) : std::nullopt);
    if (waiting[2].revents != 0) {
      changed_.clear();
    }
    stays = waiting[1].revents == 0 && (waiting[0].revents == 0 || take_message(connection));
  }
  unplug();
  log_.event(device_.name(), "its client is gone");
}

std::optional<SteadyTime> Server::do_what_is_due() {
  const std::lock_guard lock(fabric_.mutex());
  device_.tick();
  return device_.next_due();
}

bool Server::take_message(Connection& connection) {
  Received received = connection.receive();
  if (auto* const message = std::get_if<Message>(&received)) {
    return execute(*message, connection);
  }
  if (const auto* const ended = std::get_if<Ended>(&received)) {
    if (!ended->why.empty()) {
      log_.problem(device_.name(), "sends its client away: " + ended->why);
    }
    return false;
  }
  return true;
}

bool Server::execute(Message& message, Connection& connection) {
  Outcome outcome;
  {
    const std::lock_guard lock(fabric_.mutex());
    outcome = commands_.execute(message);
  }
  if (!outcome.refusal.empty()) {
    log_.problem(device_.name(), "sends its client away: " + outcome.refusal);
    return false;
  }
  if (!connection.send(outcome.reply, outcome.descriptor)) {
    log_.problem(device_.name(), "sends its client away: it takes no replies");
    return false;
  }
  return true;
}

void Server::unplug() {
  const std::lock_guard lock(fabric_.mutex());
  device_.unplug();
  guest_.clear();
}

}  // namespace efa::lab::vfio_user
