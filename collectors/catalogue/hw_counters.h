#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "collectors/catalogue/metric_spec.h"

namespace efa {

// clang-format off
/// Every hardware counter of the efa driver up to release 3.1: a line each. A counter
/// is published when its file exists; which files exist depends on the driver.
inline constexpr MetricSpec hw_counters[] = {
  // sysfs                       metric                                    kind           scope          unit                 help
  {"tx_bytes",                   "efa_tx_bytes_total",                     Kind::counter, Scope::port,   Unit::bytes,         "Bytes transmitted."},
  {"tx_pkts",                    "efa_tx_pkts_total",                      Kind::counter, Scope::port,   Unit::packets,       "Packets transmitted."},
  {"rx_bytes",                   "efa_rx_bytes_total",                     Kind::counter, Scope::port,   Unit::bytes,         "Bytes received."},
  {"rx_pkts",                    "efa_rx_pkts_total",                      Kind::counter, Scope::port,   Unit::packets,       "Packets received."},
  {"rx_drops",                   "efa_rx_drops_total",                     Kind::counter, Scope::port,   Unit::packets,       "Packets received, then dropped."},
  {"send_bytes",                 "efa_send_bytes_total",                   Kind::counter, Scope::port,   Unit::bytes,         "Bytes sent with send operations."},
  {"send_wrs",                   "efa_send_wrs_total",                     Kind::counter, Scope::port,   Unit::work_requests, "Send work requests completed."},
  {"recv_bytes",                 "efa_recv_bytes_total",                   Kind::counter, Scope::port,   Unit::bytes,         "Bytes received by send operations of peers."},
  {"recv_wrs",                   "efa_recv_wrs_total",                     Kind::counter, Scope::port,   Unit::work_requests, "Receive work requests completed."},
  {"rdma_read_wrs",              "efa_rdma_read_wrs_total",                Kind::counter, Scope::port,   Unit::work_requests, "RDMA read work requests completed, as initiator."},
  {"rdma_read_bytes",            "efa_rdma_read_bytes_total",              Kind::counter, Scope::port,   Unit::bytes,         "Bytes received by RDMA read, as initiator."},
  {"rdma_read_wr_err",           "efa_rdma_read_wr_err_total",             Kind::counter, Scope::port,   Unit::errors,        "RDMA read work requests that ended in a local or remote error."},
  {"rdma_read_resp_bytes",       "efa_rdma_read_resp_bytes_total",         Kind::counter, Scope::port,   Unit::bytes,         "Bytes sent in answer to RDMA reads of peers."},
  {"rdma_write_wrs",             "efa_rdma_write_wrs_total",               Kind::counter, Scope::port,   Unit::work_requests, "RDMA write work requests completed, as initiator; stays 0 on devices without RDMA write."},
  {"rdma_write_bytes",           "efa_rdma_write_bytes_total",             Kind::counter, Scope::port,   Unit::bytes,         "Bytes written to peers by RDMA write, as initiator; stays 0 on devices without RDMA write."},
  {"rdma_write_wr_err",          "efa_rdma_write_wr_err_total",            Kind::counter, Scope::port,   Unit::errors,        "RDMA write work requests that ended in a local or remote error."},
  {"rdma_write_recv_bytes",      "efa_rdma_write_recv_bytes_total",        Kind::counter, Scope::port,   Unit::bytes,         "Bytes received by RDMA writes of peers."},
  {"retrans_bytes",              "efa_retrans_bytes_total",                Kind::counter, Scope::port,   Unit::bytes,         "SRD bytes retransmitted; a constant 0 before Nitro v4 means not supported."},
  {"retrans_pkts",               "efa_retrans_pkts_total",                 Kind::counter, Scope::port,   Unit::packets,       "SRD packets retransmitted; a constant 0 before Nitro v4 means not supported."},
  {"retrans_timeout_events",     "efa_retrans_timeout_events_total",       Kind::counter, Scope::port,   Unit::events,        "SRD time-outs that led to a change of the network path."},
  {"unresponsive_remote_events", "efa_unresponsive_remote_events_total",   Kind::counter, Scope::port,   Unit::events,        "Times an SRD peer was found unresponsive."},
  {"impaired_remote_conn_events","efa_impaired_remote_conn_events_total",  Kind::counter, Scope::port,   Unit::events,        "Times an SRD connection became impaired and its rate was limited."},
  {"submitted_cmds",             "efa_submitted_cmds_total",               Kind::counter, Scope::device, Unit::commands,      "Admin commands submitted to the device; reading port counters submits up to five."},
  {"completed_cmds",             "efa_completed_cmds_total",               Kind::counter, Scope::device, Unit::commands,      "Admin commands completed by the device."},
  {"cmds_err",                   "efa_cmds_err_total",                     Kind::counter, Scope::device, Unit::commands,      "Admin commands that failed."},
  {"no_completion_cmds",         "efa_no_completion_cmds_total",           Kind::counter, Scope::device, Unit::commands,      "Admin commands the device never completed; one closes the admin queue until the driver is reloaded."},
  {"keep_alive_rcvd",            "efa_keep_alive_rcvd_total",              Kind::counter, Scope::device, Unit::events,        "Keep-alive events received from the device."},
  {"alloc_pd_err",               "efa_alloc_pd_err_total",                 Kind::counter, Scope::device, Unit::errors,        "Failed allocations of a protection domain."},
  {"create_qp_err",              "efa_create_qp_err_total",                Kind::counter, Scope::device, Unit::errors,        "Failed creations of a queue pair, user mistakes included."},
  {"create_cq_err",              "efa_create_cq_err_total",                Kind::counter, Scope::device, Unit::errors,        "Failed creations of a completion queue, user mistakes included."},
  {"reg_mr_err",                 "efa_reg_mr_err_total",                   Kind::counter, Scope::device, Unit::errors,        "Failed registrations of a memory region, user mistakes included."},
  {"alloc_ucontext_err",         "efa_alloc_ucontext_err_total",           Kind::counter, Scope::device, Unit::errors,        "Failed allocations of a user context."},
  {"create_ah_err",              "efa_create_ah_err_total",                Kind::counter, Scope::device, Unit::errors,        "Failed creations of an address handle."},
  {"mmap_err",                   "efa_mmap_err_total",                     Kind::counter, Scope::device, Unit::errors,        "Failed memory mappings."},
  {"alloc_mr_err",               "efa_alloc_mr_err_total",                 Kind::counter, Scope::device, Unit::errors,        "Failed allocations of a memory region by a kernel user; out-of-tree drivers only."},
  {"get_dma_mr_err",             "efa_get_dma_mr_err_total",               Kind::counter, Scope::device, Unit::errors,        "Failed requests for a DMA memory region by a kernel user; out-of-tree drivers only."},
};
// clang-format on
static_assert(well_formed(hw_counters));

/// The row of a counter's file name; null for a name this release does not know.
constexpr const MetricSpec* find_hw_counter(std::string_view file) {
  const auto* row = std::find_if(std::begin(hw_counters), std::end(hw_counters),
                                 [&](const MetricSpec& spec) { return spec.source == file; });
  return row == std::end(hw_counters) ? nullptr : row;
}

/// A counter that the catalogue does not know can still be published, if its name can be a
/// metric's.
inline bool is_publishable(const std::string& file) {
  return find_hw_counter(file) != nullptr || legal_metric_name("efa_" + file + "_total");
}

}  // namespace efa
