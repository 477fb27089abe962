#include "tests/lab/efa_device/control.h"

#include <string>

#include "tests/lab/efa_device/fake_driver.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"

namespace efa::lab {
namespace {

struct TwoDevices {
  efa::test::ManualClock clock;
  Log log{0};
  Fabric fabric;
  test::FakeBus bus;
  Device first{{}, 0, fabric, bus, clock, log};
  Device second{{}, 1, fabric, bus, clock, log};
  int looks = 0;
  Control control{fabric, {{&first, [this] { ++looks; }}, {&second, [this] { ++looks; }}}};
};

TEST_CASE("a device is changed, and told to look again") {
  TwoDevices lab;
  CHECK(lab.control.answer("efa1 set tx_bytes 7") == "ok\n");
  CHECK(lab.first.statistics().value(Counter::tx_bytes) == 0);
  CHECK(lab.second.statistics().value(Counter::tx_bytes) == 7);
  CHECK(lab.looks == 1);
  CHECK(lab.control.answer("efa1 add tx_bytes 3") == "ok\n");
  CHECK(lab.second.statistics().value(Counter::tx_bytes) == 10);
  CHECK(lab.control.answer("efa1 rate tx_bytes 1") == "ok\n");
  lab.clock.advance(std::chrono::seconds(5));
  CHECK(lab.second.statistics().value(Counter::tx_bytes) == 15);
}

TEST_CASE("all devices are changed at once") {
  TwoDevices lab;
  CHECK(lab.control.answer("all set all 5") == "ok\n");
  CHECK(lab.first.statistics().value(Counter::tx_bytes) == 5);
  CHECK(lab.second.statistics().value(Counter::impaired_remote_conn_events) == 5);
  CHECK(lab.looks == 2);
}

TEST_CASE("counters are shown a line each, with their device if all are asked") {
  TwoDevices lab;
  lab.first.statistics().set(Counter::rx_drops, 9);
  const std::string one = lab.control.answer("efa0 get");
  CHECK(one.starts_with("tx_bytes 0\n"));
  CHECK(one.find("\nrx_drops 9\n") != std::string::npos);
  CHECK(one.ends_with("\nok\n"));
  const std::string all = lab.control.answer("all get");
  CHECK(all.find("efa0 rx_drops 9\n") != std::string::npos);
  CHECK(all.find("efa1 rx_drops 0\n") != std::string::npos);
  CHECK(all.ends_with("\nok\n"));
}

TEST_CASE("faults are set and healed") {
  TwoDevices lab;
  for (const char* line : {"efa0 stall 2", "efa0 delay 1.5", "efa0 fail 13 6 1", "efa0 loss 10",
                           "efa0 cut 1", "efa0 keepalive 20"}) {
    CHECK(lab.control.answer(line) == "ok\n");
  }
  CHECK(lab.first.admin_faults().delay() == std::chrono::microseconds(1500));
  CHECK(lab.first.network_faults().loss == 0.1);
  CHECK(lab.first.network_faults().cut);
  CHECK(lab.first.next_due() == lab.clock.now() + std::chrono::milliseconds(20));
  CHECK(lab.control.answer("efa0 heal") == "ok\n");
  CHECK(lab.first.admin_faults().delay() == std::chrono::microseconds(0));
  CHECK_FALSE(lab.first.admin_faults().swallows());
  CHECK_FALSE(lab.first.admin_faults().failure_of(13));
  CHECK(lab.first.network_faults().loss == 0);
  CHECK_FALSE(lab.first.network_faults().cut);
}

TEST_CASE("commands and queue pairs are shown") {
  TwoDevices lab;
  test::FakeDriver driver(lab.first, lab.bus);
  driver.set_up();
  driver.get_stats(0);
  driver.get_stats(1);
  driver.get_feature(1);
  CHECK(lab.control.answer("efa0 commands") == "op 11 1\nop 13 2\nok\n");
  CHECK(lab.control.answer("efa1 commands") == "ok\n");
  CHECK(lab.control.answer("efa0 qps").ends_with("\nok\n"));
}

TEST_CASE("an event that the driver does not get is an error") {
  TwoDevices lab;
  CHECK(lab.control.answer("efa0 event 2") ==
        "error: the driver has not enabled this group, or its ring is full\n");
  test::FakeDriver driver(lab.first, lab.bus);
  driver.set_up();
  driver.set_feature(2, 0x1e);
  CHECK(lab.control.answer("efa0 event 2 5") == "ok\n");
  CHECK(driver.events().size() == 1);
}

TEST_CASE("mistakes and devices that are not there are errors") {
  TwoDevices lab;
  CHECK(lab.control.answer("efa2 get") == "error: found 'efa2', expected all or efa0 to efa1\n");
  CHECK(lab.control.answer("efa0 get up") == "error: found 'up', expected nothing more; get\n");
  CHECK(lab.control.answer("help").ends_with("\nok\n"));
  CHECK(lab.looks == 0);
}

}  // namespace
}  // namespace efa::lab
