#include "collectors/health/check.h"
#include "tests/health/made_view.h"
#include "tests/support/catch.h"

using namespace efa;
using namespace efa::test;

namespace {

constexpr Verdict passes = Verdict::pass;
constexpr Verdict warns = Verdict::warn;
constexpr Verdict fails = Verdict::fail;
constexpr Verdict cannot_tell = Verdict::unknown;

void close(HealthView& view) { take_down(view, 0, DeviceState::down, Reason::closed); }
void stick(HealthView& view) { take_down(view, 1, DeviceState::stuck, Reason::stuck); }

void stick_first(HealthView& view) { take_down(view, 0, DeviceState::stuck, Reason::stuck); }

void silence(HealthView& view, std::size_t devices) {
  for (std::size_t i = 0; i < devices; ++i) {
    set_counter(view.now, i, "keep_alive_rcvd", 3000);
  }
}

void log(HealthView& view, std::string line) { view.kernel_log = {"efa: loaded", std::move(line)}; }

constexpr std::string_view closed_line = "[12.3] efa 0000:10:1b.0: Admin queue is closed";

constexpr Case of_queues[] = {
    {"EFA-701", passes, "all 32 EFAs answered", "", [](HealthView&) {}},
    {"EFA-701", fails, "rdmap16s27 cannot be asked any more (ENODEV)",
     "for f in 0000:10:1b.0; do echo $f | sudo tee /sys/bus/pci/drivers/efa/unbind", close},
    {"EFA-701", fails, "(ETIME)", "aws ec2 stop-instances --instance-ids i-0123456789abcdef0",
     [](HealthView& view) { take_down(view, 0, DeviceState::down, Reason::timeout); }},
    {"EFA-701", cannot_tell, "for another reason", "EFA-702", stick},
    {"EFA-702", passes, "all 32 EFAs answered in time", "", [](HealthView&) {}},
    {"EFA-702", fails, "rdmap17s27 did not answer in time", "for f in 0000:11:1b.0;", stick},
    {"EFA-702", cannot_tell, "no EFA device", "", remove_devices},
    {"EFA-703", passes, "on 32 EFAs", "", [](HealthView&) {}},
    {"EFA-703", fails, "rdmap16s27 and rdmap21s27 left admin commands",
     "for f in 0000:10:1b.0 0000:15:1b.0;",
     [](HealthView& view) {
       set_counter(view.now, 0, "no_completion_cmds", 1);
       set_counter(view.now, 5, "no_completion_cmds", 1);
     }},
    {"EFA-703", cannot_tell, "on 31 of 32 EFAs", "EFA-701", stick},
    {"EFA-703", cannot_tell, "could not be read", "EFA-701",
     [](HealthView& view) {
       change_reading(view.now, [](Reading& reading) { reading.devices.resize(1); });
       stick_first(view);
     }},
    {"EFA-703", cannot_tell, "are not there", "2.17.0",
     [](HealthView& view) {
       forget_before(view);
       remove_counter(view, "no_completion_cmds");
     }},
    {"EFA-703", cannot_tell, "are not there", "efa_installer.sh",
     [](HealthView& view) { remove_counter(view, "no_completion_cmds"); }},
    {"EFA-704", passes, "keep-alives came in 10 s on 32 EFAs", "", [](HealthView&) {}},
    {"EFA-704", warns, "rdmap16s27 sent no keep-alive in 10 s, 31 EFAs did", "dmesg",
     [](HealthView& view) { silence(view, 1); }},
    {"EFA-704", warns, "and 30 more sent no keep-alive in 60 s", "dmesg",
     [](HealthView& view) {
       silence(view, 32);
       view.between = std::chrono::seconds(60);
     }},
    {"EFA-704", cannot_tell, "too short a time", "--watch=60",
     [](HealthView& view) { silence(view, 32); }},
    {"EFA-704", cannot_tell, "ten seconds or more apart", "--watch=60", forget_before},
    {"EFA-705", passes, "the counters of all 32 EFAs were read", "", [](HealthView&) {}},
    {"EFA-705", warns, "denied, ports/1/hw_counters/tx_bytes", "sudo efa-agent doctor",
     [](HealthView& view) { take_down(view, 0, DeviceState::down, Reason::denied); }},
    {"EFA-705", warns, "rdmap16s27 could be read: no_descriptors", "LimitNOFILE",
     [](HealthView& view) { take_down(view, 0, DeviceState::up, Reason::no_descriptors); }},
    {"EFA-705", warns, "unsupported", "efa_installer.sh",
     [](HealthView& view) { take_down(view, 0, DeviceState::down, Reason::unsupported); }},
    {"EFA-705", warns, "transient", "dmesg",
     [](HealthView& view) { take_down(view, 0, DeviceState::down, Reason::transient); }},
    {"EFA-705", cannot_tell, "rdmap16s27 could not be read", "EFA-701", close},
};

// A counter of errors that are a warning each and a failure if many.
template <std::size_t which>
struct Hard {
  static constexpr std::string_view code[] = {"EFA-706", "EFA-707", "EFA-708", "EFA-709",
                                              "EFA-710"};
  static constexpr std::string_view counter[] = {
      "rx_drops", "rdma_write_wr_err", "retrans_timeout_events", "unresponsive_remote_events",
      "impaired_remote_conn_events"};

  static void one(HealthView& view) { set_counter(view.now, 4, counter[which], 1); }
  static void many(HealthView& view) { set_counter(view.now, 4, counter[which], 1111); }
  static void few_since_boot(HealthView& view) {
    set_counter(view.now, 4, counter[which], 100);
    forget_before(view);
  }
  static void many_since_boot(HealthView& view) {
    many(view);
    forget_before(view);
  }
  static void none_known(HealthView& view) {
    remove_counter(view, counter[which]);
    remove_counter(view, "rdma_read_wr_err");
  }

  static std::vector<Case> cases() {
    return {
        {code[which], passes, "in 10 s on 32 EFAs", "", [](HealthView&) {}},
        {code[which], passes, "since boot: rdmap20s27 100", "", few_since_boot},
        {code[which], warns, "in 10 s: rdmap20s27 1", "", one},
        {code[which], warns, "since boot: rdmap20s27 1,111", "", many_since_boot},
        {code[which], fails, "in 10 s: rdmap20s27 1,111", "", many},
        {code[which], cannot_tell, "are not there", "efa_installer.sh", none_known},
        {code[which], cannot_tell, "on 31 of 32 EFAs", "EFA-701", close},
    };
  }
};

// A counter that programs raise by mistakes of their own.
template <std::size_t which>
struct Soft {
  static constexpr std::string_view code[] = {"EFA-711", "EFA-712"};
  static constexpr std::string_view counter[] = {"cmds_err", "create_qp_err"};

  static void few(HealthView& view) { set_counter(view.now, 4, counter[which], 3); }
  static void many(HealthView& view) { set_counter(view.now, 4, counter[which], 1111); }
  static void many_since_boot(HealthView& view) {
    many(view);
    forget_before(view);
  }

  static std::vector<Case> cases() {
    return {
        {code[which], passes, "in 10 s on 32 EFAs", "", [](HealthView&) {}},
        {code[which], passes, "rdmap20s27 3, and no more", "", few},
        {code[which], warns, "in 10 s: rdmap20s27 1,111", "", many},
        {code[which], warns, "since boot: rdmap20s27 1,111", "", many_since_boot},
        {code[which], cannot_tell, "on 31 of 32 EFAs", "EFA-701",
         [](HealthView& view) { take_down(view, 0, DeviceState::stuck, Reason::stuck); }},
    };
  }
};

void retransmit(HealthView& view, std::uint64_t packets) {
  set_counter(view.now, 4, "retrans_pkts", packets);
}

constexpr Case of_the_rest[] = {
    {"EFA-713", passes, "less than 1 % of packets retransmitted in 10 s on 32 EFAs", "",
     [](HealthView&) {}},
    {"EFA-713", warns, "in 10 s: rdmap20s27 2.3 % (23,456 of 1,000,000)", "EFA-804",
     [](HealthView& view) { retransmit(view, 23'456); }},
    {"EFA-713", warns, "since boot: rdmap20s27 33.3 %", "efa_retrans_pkts_total",
     [](HealthView& view) {
       retransmit(view, 1'000'000);
       forget_before(view);
     }},
    {"EFA-713", fails, "rdmap20s27 7.0 %", "taken out",
     [](HealthView& view) { retransmit(view, 70'000); }},
    {"EFA-713", cannot_tell, "are not there", "--watch=10",
     [](HealthView& view) { remove_counter(view, "retrans_pkts"); }},
    {"EFA-714", passes, "no error", "",
     [](HealthView& view) { log(view, "Acquired peer memory"); }},
    {"EFA-714", warns, "1 line of the kernel log, the last: efa 0000:10:1b.0: Failed to process",
     "dmesg -T",
     [](HealthView& view) { log(view, "efa 0000:10:1b.0: Failed to process command REG_MR"); }},
    {"EFA-714", warns, "now all EFAs answer", "dmesg -T",
     [](HealthView& view) { log(view, std::string(closed_line)); }},
    {"EFA-714", fails, "Admin queue is closed", "for f in 0000:10:1b.0;",
     [](HealthView& view) {
       log(view, std::string(closed_line));
       close(view);
     }},
    {"EFA-714", fails, "Reset indication didn't turn on", "stop and start",
     [](HealthView& view) {
       log(view, "efa: Reset indication didn't turn on");
       remove_devices(view);
     }},
    {"EFA-714", cannot_tell, "cannot be read", "sudo efa-agent doctor",
     [](HealthView& view) { view.kernel_log.reset(); }},
};

void append(std::vector<Case>& all, std::span<const Case> some) {
  all.insert(all.end(), some.begin(), some.end());
}

std::vector<Case> all_cases() {
  std::vector<Case> all;
  append(all, of_queues);
  append(all, Hard<0>::cases());
  append(all, Hard<1>::cases());
  append(all, Hard<2>::cases());
  append(all, Hard<3>::cases());
  append(all, Hard<4>::cases());
  append(all, Soft<0>::cases());
  append(all, Soft<1>::cases());
  append(all, of_the_rest);
  return all;
}

}  // namespace

TEST_CASE("checks of counters come to every verdict they can") {
  const Verdicts all{passes, warns, fails, cannot_tell};
  const Verdicts never_warn{passes, fails, cannot_tell};
  const Verdicts never_fail{passes, warns, cannot_tell};
  check_cases(counter_checks(), all_cases(),
              {{"EFA-701", never_warn},
               {"EFA-702", never_warn},
               {"EFA-703", never_warn},
               {"EFA-704", never_fail},
               {"EFA-705", never_fail},
               {"EFA-706", all},
               {"EFA-707", all},
               {"EFA-708", all},
               {"EFA-709", all},
               {"EFA-710", all},
               {"EFA-711", never_fail},
               {"EFA-712", never_fail},
               {"EFA-713", all},
               {"EFA-714", all}});
  check_group(counter_checks(), 700);
}

TEST_CASE("a constant 0 of a type that does not count remote events is not passed") {
  const HealthView view = made_c5n();
  for (const std::string_view code : {"EFA-708", "EFA-709", "EFA-710", "EFA-713"}) {
    const Finding finding = judge(counter_checks(), code, view);
    CHECK(finding.verdict == cannot_tell);
    CHECK(finding.found.find("c5n.18xlarge do not count") != std::string::npos);
  }
  CHECK(judge(counter_checks(), "EFA-706", view).verdict == passes);
}

TEST_CASE("what a counter had before it was watched is no growth") {
  HealthView view = made_p5();
  set_counter(view.now, 0, "rx_drops", 5'000'000);
  set_counter(view.before, 0, "rx_drops", 5'000'000);
  CHECK(judge(counter_checks(), "EFA-706", view).verdict == passes);
}

TEST_CASE("a counter that began anew has grown by what it is now") {
  HealthView view = made_p5();
  set_counter(view.before, 0, "rx_drops", 5'000'000);
  set_counter(view.now, 0, "rx_drops", 7);
  const Finding finding = judge(counter_checks(), "EFA-706", view);
  CHECK(finding.verdict == warns);
  CHECK(finding.found.find("rdmap16s27 7") != std::string::npos);
}

TEST_CASE("a device that came while it was watched is not passed") {
  HealthView view = made_p5();
  change_reading(view.before, [](Reading& reading) { reading.devices.pop_back(); });
  const Finding finding = judge(counter_checks(), "EFA-706", view);
  CHECK(finding.verdict == cannot_tell);
  CHECK(finding.found.find("31 of 32") != std::string::npos);
}

TEST_CASE("errors a second are few for as long as they were watched") {
  HealthView view = made_p5();
  set_counter(view.now, 0, "rx_drops", 110);
  CHECK(judge(counter_checks(), "EFA-706", view).verdict == warns);
  set_counter(view.now, 0, "rx_drops", 111);
  CHECK(judge(counter_checks(), "EFA-706", view).verdict == fails);
  view.between = std::chrono::milliseconds(500);
  CHECK(judge(counter_checks(), "EFA-706", view).found.find("in 500 ms") != std::string::npos);
}

TEST_CASE("the devices with the most errors are named first") {
  HealthView view = made_p5();
  set_counter(view.now, 3, "rx_drops", 2);
  set_counter(view.now, 7, "rx_drops", 90);
  set_counter(view.now, 9, "rx_drops", 5);
  CHECK(judge(counter_checks(), "EFA-706", view)
            .found.find("rdmap23s27 90, rdmap25s27 5 and 1 more") != std::string::npos);
}

TEST_CASE("without a PCI address the whole driver is reloaded") {
  HealthView view = made_c5n();
  change_device(view.now, 0, [](DeviceReading& device) {
    auto layout = std::make_shared<DeviceLayout>(*device.layout);
    layout->attributes.pci_address.clear();
    device.layout = layout;
    set_counter(device, "no_completion_cmds", 1);
  });
  CHECK(judge(counter_checks(), "EFA-703", view).fix.find("modprobe -r efa") != std::string::npos);
}
