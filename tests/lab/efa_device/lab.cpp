#include "tests/lab/efa_device/lab.h"

namespace efa::lab {

Lab::Seat::Seat(const std::string& directory, unsigned number, const Profile& profile,
                Fabric& fabric, const Clock& clock, const Log& log)
    : server(profile, number, fabric, clock, log),
      listener(directory + "/" + server.device().name() + ".sock") {}

Lab::Lab(const std::string& directory, unsigned devices, const Profile& profile, const Clock& clock,
         const Log& log)
    : seats_(make_seats(directory, devices, profile, clock, log)),
      control_(fabric_, targets()),
      control_server_(control_, log),
      control_listener_(directory + "/ctl.sock") {
  // All is there before the first thread is: nobody needs the fabric's lock until then.
  for (Seat& seat : seats_) {
    threads_.emplace_back([&seat] { seat.server.run(seat.listener); });
  }
  threads_.emplace_back([this] { control_server_.run(control_listener_); });
}

Lab::~Lab() {
  for (const Seat& seat : seats_) {
    seat.server.stop();
  }
  control_server_.stop();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

std::list<Lab::Seat> Lab::make_seats(const std::string& directory, unsigned devices,
                                     const Profile& profile, const Clock& clock, const Log& log) {
  std::list<Seat> seats;
  for (unsigned number = 0; number < devices; ++number) {
    seats.emplace_back(directory, number, profile, fabric_, clock, log);
  }
  return seats;
}

std::vector<Control::Target> Lab::targets() {
  std::vector<Control::Target> targets;
  for (Seat& seat : seats_) {
    targets.push_back(
        {.device = &seat.server.device(), .look_again = [&seat] { seat.server.look_again(); }});
  }
  return targets;
}

}  // namespace efa::lab
