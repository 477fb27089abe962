#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/health/probe_report.h"

namespace efa::probe_format {

// What efa-probe's JSON and doctor, which reads it, have in common. Its members are told in
// deploy/doctor/README.md.

inline constexpr int schema_version = 1;

struct Number {
  std::string_view name;
  std::uint64_t ProbeOffers::*member;
};
inline constexpr std::array numbers{
    Number{"max_qp", &ProbeOffers::max_qp},
    Number{"max_cq", &ProbeOffers::max_cq},
    Number{"max_cqe", &ProbeOffers::max_cqe},
    Number{"max_mr", &ProbeOffers::max_mr},
    Number{"max_mr_bytes", &ProbeOffers::max_mr_bytes},
    Number{"max_pd", &ProbeOffers::max_pd},
    Number{"max_ah", &ProbeOffers::max_ah},
    Number{"max_sq_wr", &ProbeOffers::max_sq_wr},
    Number{"max_rq_wr", &ProbeOffers::max_rq_wr},
    Number{"max_sq_sge", &ProbeOffers::max_sq_sge},
    Number{"max_rq_sge", &ProbeOffers::max_rq_sge},
    Number{"inline_bytes", &ProbeOffers::inline_bytes},
    Number{"wide_inline_bytes", &ProbeOffers::wide_inline_bytes},
    Number{"max_rdma_bytes", &ProbeOffers::max_rdma_bytes},
};

struct Ability {
  std::string_view name;
  std::optional<bool> ProbeOffers::*member;
};
inline constexpr std::array abilities{
    Ability{"rdma_read", &ProbeOffers::rdma_read},
    Ability{"rdma_write", &ProbeOffers::rdma_write},
    Ability{"rnr_retry", &ProbeOffers::rnr_retry},
    Ability{"cq_with_sgid", &ProbeOffers::cq_with_sgid},
    Ability{"unsolicited_write_recv", &ProbeOffers::unsolicited_write_recv},
};

}  // namespace efa::probe_format
