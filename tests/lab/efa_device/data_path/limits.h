#pragma once

#include <array>
#include <cstdint>

namespace efa::lab {

/// How much of everything a device has, as QUEUE_ATTR and NETWORK_ATTR tell.
constexpr std::uint32_t max_message = 8928;  // bytes, and of a packet's payload
constexpr std::uint32_t max_queue_pairs = 256;
constexpr std::uint32_t max_completion_queues = 512;
constexpr std::uint32_t max_completion_queue_depth = 32768;
constexpr std::uint32_t max_address_handles = 4096;
constexpr std::uint32_t max_protection_domains = 256;
constexpr std::uint32_t max_user_regions = 4096;  // UARs: one for each opened device file
constexpr std::uint32_t max_memory_regions = 1U << 18;
constexpr std::uint32_t max_pages_of_region = 1U << 20;
constexpr std::uint32_t max_event_queues = 8;
constexpr std::uint32_t max_event_queue_depth = 256;
constexpr std::uint32_t max_send_depth = 4096;
constexpr std::uint32_t max_receive_depth = 32768;
constexpr std::uint32_t min_send_depth = 16;
constexpr std::uint32_t max_receive_descriptors = 1U << 16;  // a doorbell counts no further
constexpr std::uint32_t max_inline = 32;                     // bytes
constexpr std::uint32_t max_wide_inline = 80;                // in a work request of 128 bytes
constexpr std::uint32_t max_send_buffers = 2;
constexpr std::uint32_t max_receive_buffers = 3;
constexpr std::uint32_t max_rdma_buffers = 1;
constexpr std::uint32_t max_rdma = 1U << 30;  // bytes

/// BAR 2 holds the send rings, one range for each queue pair; only what is used is touched.
constexpr std::uint64_t llq_size = 256 << 10;
constexpr std::uint64_t llq_bar_size = max_queue_pairs * llq_size;
/// BAR 4 holds the doorbells: a page for each queue pair, then a page for each completion queue.
constexpr std::uint32_t doorbell_page = 0x1000;
constexpr std::uint32_t receive_doorbell = 0x800;  // in a queue pair's page
constexpr std::uint32_t completion_doorbells = 0x100000;
constexpr std::uint64_t doorbell_bar_size = 0x400000;

using Gid = std::array<std::uint8_t, 16>;

}  // namespace efa::lab
