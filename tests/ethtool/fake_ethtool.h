#pragma once

#include <linux/ethtool.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/ethtool/ethtool.h"

namespace efa::test {

/// Answers ETHTOOL_* as the kernel does, also where an answer is longer than the command.
class FakeEthtool final : public EthtoolIoctl {
 public:
  struct Interface {
    std::string driver = "ena";
    std::string version = "2.17.0g";
    std::string bus_info;
    std::vector<std::pair<std::string, std::uint64_t>> statistics;
    std::map<std::uint32_t, int> errors;  // errno by command

    std::uint64_t& value(std::string_view name) {
      return std::find_if(statistics.begin(), statistics.end(),
                          [&](const auto& one) { return one.first == name; })
          ->second;
    }
  };

  std::map<std::string, Interface> interfaces;
  bool compares_sizes = false;  // as kernels from 6.19 on
  std::function<void(std::uint32_t command)> before;
  std::vector<std::uint32_t> asked;
  std::size_t longest = 0;

  Result<void> ask(const std::string& name, std::span<std::byte> command) override {
    std::uint32_t number = 0;
    std::memcpy(&number, command.data(), sizeof number);
    asked.push_back(number);
    longest = std::max(longest, command.size());
    if (before) {
      before(number);
    }
    const auto found = interfaces.find(name);
    if (found == interfaces.end()) {
      return Error::from_errno(ENODEV);
    }
    const Interface& interface = found->second;
    if (const auto error = interface.errors.find(number); error != interface.errors.end()) {
      return Error::from_errno(error->second);
    }
    switch (number) {
      case ETHTOOL_GDRVINFO:
        return answer(command, driver_of(interface));
      case ETHTOOL_GSSET_INFO:
        return answer(command, count_of(interface));
      case ETHTOOL_GSTRINGS:
        return answer(command, names_of(interface, sent<ethtool_gstrings>(command).len));
      case ETHTOOL_GSTATS:
        return answer(command, values_of(interface, sent<ethtool_stats>(command).n_stats));
      default:
        return Error::from_errno(EPERM);  // what needs a privilege
    }
  }

  [[nodiscard]] std::size_t times(std::uint32_t command) const {
    return static_cast<std::size_t>(std::count(asked.begin(), asked.end(), command));
  }

 private:
  using Bytes = std::vector<std::byte>;

  template <typename Head>
  static Head sent(std::span<const std::byte> command) {
    Head head{};
    std::memcpy(&head, command.data(), std::min(command.size(), sizeof head));
    return head;
  }
  template <typename Head>
  static Bytes begin_with(const Head& head) {
    Bytes bytes(sizeof head);
    std::memcpy(bytes.data(), &head, sizeof head);
    return bytes;
  }
  static void append(Bytes& bytes, const void* data, std::size_t size) {
    bytes.resize(bytes.size() + size);
    std::memcpy(bytes.data() + bytes.size() - size, data, size);
  }
  static Result<void> answer(std::span<std::byte> command, const Bytes& bytes) {
    const std::size_t fits = std::min(command.size(), bytes.size());
    std::memcpy(command.data(), bytes.data(), fits);
    return fits == bytes.size() ? Result<void>() : Error::from_errno(EFAULT);
  }

  static Bytes driver_of(const Interface& interface) {
    ethtool_drvinfo info{};
    info.cmd = ETHTOOL_GDRVINFO;
    interface.driver.copy(info.driver, sizeof info.driver);
    interface.version.copy(info.version, sizeof info.version);
    interface.bus_info.copy(info.bus_info, sizeof info.bus_info);
    info.n_stats = static_cast<std::uint32_t>(interface.statistics.size());
    return begin_with(info);
  }
  static Bytes count_of(const Interface& interface) {
    ethtool_sset_info head{};
    head.cmd = ETHTOOL_GSSET_INFO;
    head.sset_mask = std::uint64_t{1} << unsigned{ETH_SS_STATS};
    Bytes bytes = begin_with(head);
    const auto count = static_cast<std::uint32_t>(interface.statistics.size());
    append(bytes, &count, sizeof count);
    return bytes;
  }
  [[nodiscard]] std::uint32_t size_to_give(const Interface& interface, std::uint32_t sent) const {
    const auto size = static_cast<std::uint32_t>(interface.statistics.size());
    return compares_sizes && sent != 0 && sent != size ? 0 : size;
  }
  [[nodiscard]] Bytes names_of(const Interface& interface, std::uint32_t sent) const {
    ethtool_gstrings head{};
    head.cmd = ETHTOOL_GSTRINGS;
    head.string_set = ETH_SS_STATS;
    head.len = size_to_give(interface, sent);
    Bytes bytes = begin_with(head);
    for (std::size_t i = 0; i < head.len; ++i) {
      char name[ETH_GSTRING_LEN] = {};
      interface.statistics[i].first.copy(name, sizeof name);
      append(bytes, name, sizeof name);
    }
    return bytes;
  }
  [[nodiscard]] Bytes values_of(const Interface& interface, std::uint32_t sent) const {
    ethtool_stats head{};
    head.cmd = ETHTOOL_GSTATS;
    head.n_stats = size_to_give(interface, sent);
    Bytes bytes = begin_with(head);
    for (std::size_t i = 0; i < head.n_stats; ++i) {
      append(bytes, &interface.statistics[i].second, sizeof(std::uint64_t));
    }
    return bytes;
  }
};

/// Statistics of these names, each with its place among them as value: that of the first is 1.
inline FakeEthtool::Interface number_statistics(std::vector<std::string> names) {
  FakeEthtool::Interface interface;
  for (auto& name : names) {
    const std::uint64_t value = interface.statistics.size() + 1;
    interface.statistics.emplace_back(std::move(name), value);
  }
  return interface;
}

inline void add_queue_names(std::vector<std::string>& names, unsigned queues,
                            const std::vector<std::string>& words) {
  for (unsigned queue = 0; queue < queues; ++queue) {
    for (const std::string& word : words) {
      std::string name = "queue_";
      name.append(std::to_string(queue)).append("_").append(word);
      name.resize(std::min(name.size(), std::size_t{ETH_GSTRING_LEN - 1}));  // as the driver does
      names.push_back(std::move(name));
    }
  }
}

/// As driver 2.2.10 has them, on a device with ENI statistics.
inline FakeEthtool::Interface ena_2_2_10(const std::string& bus_info, unsigned queues = 2) {
  std::vector<std::string> names{"tx_timeout",
                                 "suspend",
                                 "resume",
                                 "wd_expired",
                                 "interface_up",
                                 "interface_down",
                                 "admin_q_pause",
                                 "bw_in_allowance_exceeded",
                                 "bw_out_allowance_exceeded",
                                 "pps_allowance_exceeded",
                                 "conntrack_allowance_exceeded",
                                 "linklocal_allowance_exceeded"};
  add_queue_names(names, queues,
                  {"tx_cnt",
                   "tx_bytes",
                   "tx_queue_stop",
                   "tx_queue_wakeup",
                   "tx_dma_mapping_err",
                   "tx_linearize",
                   "tx_linearize_failed",
                   "tx_napi_comp",
                   "tx_tx_poll",
                   "tx_doorbells",
                   "tx_prepare_ctx_err",
                   "tx_bad_req_id",
                   "tx_llq_buffer_copy",
                   "tx_missed_tx",
                   "tx_unmask_interrupt",
                   "rx_cnt",
                   "rx_bytes",
                   "rx_rx_copybreak_pkt",
                   "rx_csum_good",
                   "rx_refil_partial",
                   "rx_bad_csum",
                   "rx_page_alloc_fail",
                   "rx_skb_alloc_fail",
                   "rx_dma_mapping_err",
                   "rx_bad_desc_num",
                   "rx_bad_req_id",
                   "rx_empty_rx_ring",
                   "rx_csum_unchecked"});
  for (const char* const word :
       {"aborted_cmd", "submitted_cmd", "completed_cmd", "out_of_space", "no_completion"}) {
    names.push_back(std::string("ena_admin_q_").append(word));
  }
  auto interface = number_statistics(std::move(names));
  interface.version = "2.2.10g";
  interface.bus_info = bus_info;
  return interface;
}

/// As driver 2.17.0 has them, on a device with customer metrics and ENA Express.
inline FakeEthtool::Interface ena_2_17(const std::string& bus_info, unsigned queues = 2) {
  std::vector<std::string> names{"total_resets",
                                 "reset_fail",
                                 "tx_timeout",
                                 "wd_expired",
                                 "admin_q_pause",
                                 "bad_tx_req_id",
                                 "bad_rx_req_id",
                                 "bad_rx_desc_num",
                                 "missing_intr",
                                 "suspected_poll_starvation",
                                 "missing_tx_cmpl",
                                 "rx_desc_malformed",
                                 "tx_desc_malformed",
                                 "invalid_state",
                                 "os_netdev_wd",
                                 "missing_admin_interrupt",
                                 "admin_to",
                                 "device_request_reset",
                                 "missing_first_intr",
                                 "suspend",
                                 "resume",
                                 "interface_down",
                                 "interface_up",
                                 "bw_in_allowance_exceeded",
                                 "bw_out_allowance_exceeded",
                                 "pps_allowance_exceeded",
                                 "conntrack_allowance_exceeded",
                                 "linklocal_allowance_exceeded",
                                 "conntrack_allowance_available",
                                 "ena_srd_mode",
                                 "ena_srd_tx_pkts",
                                 "ena_srd_eligible_tx_pkts",
                                 "ena_srd_rx_pkts",
                                 "ena_srd_resource_utilization"};
  for (const char* const word :
       {"aborted_cmd", "submitted_cmd", "completed_cmd", "out_of_space", "no_completion"}) {
    names.push_back(std::string("ena_admin_q_").append(word));
  }
  names.emplace_back("num_of_active_io_queues");
  add_queue_names(names, queues,
                  {"tx_tx_poll",
                   "tx_doorbells",
                   "tx_unmask_interrupt",
                   "tx_lost_interrupt",
                   "tx_cnt",
                   "tx_bytes",
                   "tx_queue_stop",
                   "tx_queue_wakeup",
                   "tx_dma_mapping_err",
                   "tx_linearize",
                   "tx_linearize_failed",
                   "tx_napi_comp",
                   "tx_prepare_ctx_err",
                   "tx_bad_req_id",
                   "tx_llq_buffer_copy",
                   "tx_missed_tx",
                   "tx_pending_timedout_pkts",
                   "rx_cnt",
                   "rx_bytes",
                   "rx_rx_copybreak_pkt",
                   "rx_csum_good",
                   "rx_refil_partial",
                   "rx_csum_bad",
                   "rx_page_alloc_fail",
                   "rx_skb_alloc_fail",
                   "rx_dma_mapping_err",
                   "rx_bad_desc_num",
                   "rx_bad_req_id",
                   "rx_empty_rx_ring",
                   "rx_csum_unchecked",
                   "rx_xdp_drop",
                   "rx_pp_alloc_fast"});
  auto interface = number_statistics(std::move(names));
  interface.bus_info = bus_info;
  return interface;
}

}  // namespace efa::test
