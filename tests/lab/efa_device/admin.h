#pragma once

#include <cstdint>

namespace efa::lab {

/// Admin commands, by their number in a request's opcode field.
enum class AdminOp : std::uint8_t {
  create_qp = 1,
  modify_qp,
  query_qp,
  destroy_qp,
  create_ah,
  destroy_ah,
  reg_mr,
  dereg_mr,
  create_cq,
  destroy_cq,
  get_feature,
  set_feature,
  get_stats,
  alloc_pd,
  dealloc_pd,
  alloc_uar,
  dealloc_uar,
  create_eq,
  destroy_eq,
  alloc_mr,
};

/// How an admin command ended. The driver's errno in brackets.
enum class AdminStatus : std::uint8_t {
  success = 0,
  resource_allocation_failure = 1,  // ENOMEM
  bad_opcode = 2,                   // EINVAL
  unsupported_opcode = 3,           // EOPNOTSUPP
  malformed_request = 4,            // EINVAL
  illegal_parameter = 5,            // EINVAL
  unknown_error = 6,                // EINVAL
  resource_busy = 7,                // EINVAL
};

/// Bytes of an entry. Long requests have a longer descriptor, and room to spare.
constexpr std::uint32_t short_admin_request = 64;
constexpr std::uint32_t long_admin_request = 128;
constexpr std::uint32_t admin_answer = 64;

/// Flags of a request's descriptor.
constexpr std::uint8_t ctrl_data = 1 << 1;           // it names a buffer
constexpr std::uint8_t ctrl_data_indirect = 1 << 2;  // the buffer names more of them

}  // namespace efa::lab
