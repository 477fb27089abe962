#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include "collectors/catalogue/metric_spec.h"

namespace efa {

// clang-format off
/// The statistics of the ena driver up to release 2.17 that are of an interface as a whole: a line each. The kernel's word is the
/// word on the graph, after one `ena_`. Which there are depends on the driver and, for allowances and ENA Express, on the device.
inline constexpr MetricSpec ena_counters[] = {
  // ethtool -S                     metric                                        kind           scope        unit            help
  {"bw_in_allowance_exceeded",      "ena_bw_in_allowance_exceeded_total",         Kind::counter, Scope::host, Unit::packets,  "Packets queued or dropped because the instance exceeded its inbound bandwidth.", "interface"},
  {"bw_out_allowance_exceeded",     "ena_bw_out_allowance_exceeded_total",        Kind::counter, Scope::host, Unit::packets,  "Packets queued or dropped because the instance exceeded its outbound bandwidth.", "interface"},
  {"pps_allowance_exceeded",        "ena_pps_allowance_exceeded_total",           Kind::counter, Scope::host, Unit::packets,  "Packets queued or dropped because the instance exceeded its packets per second, both directions together.", "interface"},
  {"conntrack_allowance_exceeded",  "ena_conntrack_allowance_exceeded_total",     Kind::counter, Scope::host, Unit::packets,  "Packets dropped because the instance tracked as many connections as it may: new ones fail.", "interface"},
  {"linklocal_allowance_exceeded",  "ena_linklocal_allowance_exceeded_total",     Kind::counter, Scope::host, Unit::packets,  "Packets dropped because the interface asked DNS, IMDS and the time service too often.", "interface"},
  {"conntrack_allowance_available", "ena_conntrack_allowance_available",          Kind::gauge,   Scope::host, Unit::none,     "Connections that the instance may still track.", "interface"},
  {"ena_srd_mode",                  "ena_srd_mode",                               Kind::gauge,   Scope::host, Unit::none,     "ENA Express: 0 off, 1 on for TCP, 3 on for TCP and UDP; 2 off, with UDP set.", "interface"},
  {"ena_srd_tx_pkts",               "ena_srd_tx_pkts_total",                      Kind::counter, Scope::host, Unit::packets,  "Packets transmitted by ENA Express; those of the EFA do not count.", "interface"},
  {"ena_srd_eligible_tx_pkts",      "ena_srd_eligible_tx_pkts_total",             Kind::counter, Scope::host, Unit::packets,  "Packets that were fit to be transmitted by ENA Express, whether or not they were.", "interface"},
  {"ena_srd_rx_pkts",               "ena_srd_rx_pkts_total",                      Kind::counter, Scope::host, Unit::packets,  "Packets received by ENA Express; those of the EFA do not count.", "interface"},
  {"ena_srd_resource_utilization",  "ena_srd_resource_utilization",               Kind::gauge,   Scope::host, Unit::none,     "Memory for connections of ENA Express that is in use, in percent; near 100 new ones go without it.", "interface"},
  {"total_resets",                  "ena_total_resets_total",                     Kind::counter, Scope::host, Unit::events,   "Resets of the device.", "interface"},
  {"reset_fail",                    "ena_reset_fail_total",                       Kind::counter, Scope::host, Unit::events,   "Resets of the device that failed.", "interface"},
  {"device_request_reset",          "ena_device_request_reset_total",             Kind::counter, Scope::host, Unit::events,   "Resets that the device asked for.", "interface"},
  {"wd_expired",                    "ena_wd_expired_total",                       Kind::counter, Scope::host, Unit::events,   "Resets because the device sent no keep-alive event.", "interface"},
  {"tx_timeout",                    "ena_tx_timeout_total",                       Kind::counter, Scope::host, Unit::events,   "Times the kernel found a transmit queue stuck.", "interface"},
  {"os_netdev_wd",                  "ena_os_netdev_wd_total",                     Kind::counter, Scope::host, Unit::events,   "Resets because the kernel found a transmit queue stuck.", "interface"},
  {"missing_tx_cmpl",               "ena_missing_tx_cmpl_total",                  Kind::counter, Scope::host, Unit::events,   "Resets because transmissions were not completed.", "interface"},
  {"missing_intr",                  "ena_missing_intr_total",                     Kind::counter, Scope::host, Unit::events,   "Resets because interrupts were lost.", "interface"},
  {"missing_first_intr",            "ena_missing_first_intr_total",               Kind::counter, Scope::host, Unit::events,   "Resets because a queue never had an interrupt.", "interface"},
  {"missing_admin_interrupt",       "ena_missing_admin_interrupt_total",          Kind::counter, Scope::host, Unit::events,   "Resets because the interrupt of an admin command was lost.", "interface"},
  {"admin_to",                      "ena_admin_to_total",                         Kind::counter, Scope::host, Unit::events,   "Resets because an admin command timed out.", "interface"},
  {"suspected_poll_starvation",     "ena_suspected_poll_starvation_total",        Kind::counter, Scope::host, Unit::events,   "Resets because a queue was not polled, as where the CPU had no time for it.", "interface"},
  {"bad_tx_req_id",                 "ena_bad_tx_req_id_total",                    Kind::counter, Scope::host, Unit::events,   "Resets because the device completed a transmission that was none.", "interface"},
  {"bad_rx_req_id",                 "ena_bad_rx_req_id_total",                    Kind::counter, Scope::host, Unit::events,   "Resets because the device completed a receipt that was none.", "interface"},
  {"bad_rx_desc_num",               "ena_bad_rx_desc_num_total",                  Kind::counter, Scope::host, Unit::events,   "Resets because a received packet had too many descriptors.", "interface"},
  {"rx_desc_malformed",             "ena_rx_desc_malformed_total",                Kind::counter, Scope::host, Unit::events,   "Resets because a receive descriptor was malformed.", "interface"},
  {"tx_desc_malformed",             "ena_tx_desc_malformed_total",                Kind::counter, Scope::host, Unit::events,   "Resets because a transmit descriptor was malformed.", "interface"},
  {"invalid_state",                 "ena_invalid_state_total",                    Kind::counter, Scope::host, Unit::events,   "Resets because the driver found itself in an invalid state.", "interface"},
  {"admin_q_pause",                 "ena_admin_q_pause_total",                    Kind::counter, Scope::host, Unit::events,   "Times the admin queue was full or did not run.", "interface"},
  {"suspend",                       "ena_suspend_total",                          Kind::counter, Scope::host, Unit::events,   "Times the device was suspended.", "interface"},
  {"resume",                        "ena_resume_total",                           Kind::counter, Scope::host, Unit::events,   "Times the device was resumed.", "interface"},
  {"interface_up",                  "ena_interface_up_total",                     Kind::counter, Scope::host, Unit::events,   "Times the interface went up.", "interface"},
  {"interface_down",                "ena_interface_down_total",                   Kind::counter, Scope::host, Unit::events,   "Times the interface went down.", "interface"},
  {"num_of_active_io_queues",       "ena_num_of_active_io_queues",                Kind::gauge,   Scope::host, Unit::none,     "Pairs of queues in use.", "interface"},
  {"ena_admin_q_aborted_cmd",       "ena_admin_q_aborted_cmd_total",              Kind::counter, Scope::host, Unit::commands, "Admin commands that were aborted by a reset.", "interface"},
  {"ena_admin_q_submitted_cmd",     "ena_admin_q_submitted_cmd_total",            Kind::counter, Scope::host, Unit::commands, "Admin commands submitted to the device; reading its allowances submits one or two.", "interface"},
  {"ena_admin_q_completed_cmd",     "ena_admin_q_completed_cmd_total",            Kind::counter, Scope::host, Unit::commands, "Admin commands completed by the device.", "interface"},
  {"ena_admin_q_out_of_space",      "ena_admin_q_out_of_space_total",             Kind::counter, Scope::host, Unit::commands, "Admin commands that found the admin queue full.", "interface"},
  {"ena_admin_q_no_completion",     "ena_admin_q_no_completion_total",            Kind::counter, Scope::host, Unit::commands, "Admin commands that the device never completed.", "interface"},
};

/// Those of its statistics of a queue that tell of trouble or load; the ethtool name is queue_<number>_ and the word here.
inline constexpr MetricSpec ena_queue_counters[] = {
  // ethtool -S            metric                                        kind           scope        unit            help
  {"tx_cnt",               "ena_queue_tx_cnt_total",                     Kind::counter, Scope::host, Unit::packets,  "Packets transmitted by the queue.", "interface, queue"},
  {"tx_bytes",             "ena_queue_tx_bytes_total",                   Kind::counter, Scope::host, Unit::bytes,    "Bytes transmitted by the queue.", "interface, queue"},
  {"tx_queue_stop",        "ena_queue_tx_queue_stop_total",              Kind::counter, Scope::host, Unit::events,   "Times the queue was full.", "interface, queue"},
  {"tx_dma_mapping_err",   "ena_queue_tx_dma_mapping_err_total",         Kind::counter, Scope::host, Unit::errors,   "Failed DMA mappings of packets to transmit.", "interface, queue"},
  {"tx_prepare_ctx_err",   "ena_queue_tx_prepare_ctx_err_total",         Kind::counter, Scope::host, Unit::errors,   "Packets that could not be put into the transmit queue.", "interface, queue"},
  {"tx_missed_tx",         "ena_queue_tx_missed_tx_total",               Kind::counter, Scope::host, Unit::packets,  "Packets whose transmission was not completed in time.", "interface, queue"},
  {"rx_cnt",               "ena_queue_rx_cnt_total",                     Kind::counter, Scope::host, Unit::packets,  "Packets received by the queue.", "interface, queue"},
  {"rx_bytes",             "ena_queue_rx_bytes_total",                   Kind::counter, Scope::host, Unit::bytes,    "Bytes received by the queue.", "interface, queue"},
  {"rx_csum_bad",          "ena_queue_rx_csum_bad_total",                Kind::counter, Scope::host, Unit::packets,  "Packets received with a wrong checksum.", "interface, queue"},
  {"rx_page_alloc_fail",   "ena_queue_rx_page_alloc_fail_total",         Kind::counter, Scope::host, Unit::errors,   "Failed allocations of memory to receive into.", "interface, queue"},
  {"rx_skb_alloc_fail",    "ena_queue_rx_skb_alloc_fail_total",          Kind::counter, Scope::host, Unit::errors,   "Failed allocations of a socket buffer; the packet is dropped.", "interface, queue"},
  {"rx_dma_mapping_err",   "ena_queue_rx_dma_mapping_err_total",         Kind::counter, Scope::host, Unit::errors,   "Failed DMA mappings of memory to receive into.", "interface, queue"},
  {"rx_empty_rx_ring",     "ena_queue_rx_empty_rx_ring_total",           Kind::counter, Scope::host, Unit::events,   "Times the queue had nothing left to receive into.", "interface, queue"},
};

namespace metric {
/// What is told of ENA interfaces beside their statistics.
inline constexpr MetricSpec ena_info{"sysfs, IMDS", "ena_info", Kind::info, Scope::host, Unit::none,
  "Always 1; what is known of an ENA interface, and the EFA device of its MAC, else of its network card. Join with * on (interface) group_left (device).",
  "interface, mac, pci_address, network_card, device"};
inline constexpr MetricSpec ena_carrier{"/sys/class/net/<interface>/carrier", "ena_carrier", Kind::gauge, Scope::host, Unit::none,
  "1 if the ENA has a link, else 0; absent while the interface is down. Of an EFA, whose port always reports a link, it is the only true one.", "interface"};
inline constexpr MetricSpec ena_rx_bytes{"/sys/class/net/<interface>/statistics/rx_bytes", "ena_rx_bytes_total", Kind::counter, Scope::host, Unit::bytes,
  "Bytes received over TCP/IP, which the traffic of EFA devices is not part of; absent while the interface is down.", "interface"};
inline constexpr MetricSpec ena_tx_bytes{"/sys/class/net/<interface>/statistics/tx_bytes", "ena_tx_bytes_total", Kind::counter, Scope::host, Unit::bytes,
  "Bytes transmitted over TCP/IP, which the traffic of EFA devices is not part of; absent while the interface is down.", "interface"};
inline constexpr MetricSpec ena_all[] = {ena_info, ena_carrier, ena_rx_bytes, ena_tx_bytes};
}  // namespace metric
// clang-format on
static_assert(well_formed(ena_counters));
static_assert(well_formed(ena_queue_counters));
static_assert(well_formed(metric::ena_all));

/// The row of a statistic's name in one of the tables above; null for one it does not have.
constexpr const MetricSpec* find_ena_counter(std::span<const MetricSpec> table,
                                             std::string_view name) {
  const auto row = std::find_if(table.begin(), table.end(),
                                [&](const MetricSpec& spec) { return spec.source == name; });
  return row == table.end() ? nullptr : &*row;
}

}  // namespace efa
