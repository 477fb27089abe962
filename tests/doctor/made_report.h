#pragma once

#include <cstdint>
#include <string>

#include "agent/probe/probe_format.h"
#include "collectors/health/probe_report.h"

namespace efa::test {

/// A report with something of everything: a device that works, one that fails, one that hangs.
inline ProbeReport made_probe_report() {
  ProbeReport report;
  ProbedDevice works{"efa_0", "/dev/infiniband/uverbs0", {}, ProbeOffers()};
  for (std::size_t i = 0; i < probe_step_count; ++i) {
    works.steps.push_back({static_cast<ProbeStep>(i), ProbeOutcome::ok, {}, {}, 0.125});
  }
  std::uint64_t value = 1;
  for (const auto& number : probe_format::numbers) {
    (*works.offers).*number.member = value++;
  }
  works.offers->max_mr_bytes = UINT64_MAX;
  works.offers->rdma_read = true;
  works.offers->rdma_write = false;
  works.offers->rnr_retry = true;
  works.offers->cq_with_sgid = false;
  report.devices = {works, works, works};
  report.devices[1].name = "efa_1";
  report.devices[1].steps.resize(2);
  report.devices[1].steps[1] = {ProbeStep::query_device, ProbeOutcome::failed, "EIO",
                                "Input/output error", 1.5};
  report.devices[2].offers.reset();
  report.devices[2].steps = {{ProbeStep::open_device, ProbeOutcome::stuck, {}, {}, 8000}};
  return report;
}

}  // namespace efa::test
