#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/base/files.h"
#include "collectors/base/result.h"

namespace efa {

/// The variables that may be read, by their exact names: who runs a process as what part of which
/// job, and how it uses EFA. Not one of them holds a secret where it is used as meant.
inline constexpr std::array<std::string_view, 51> readable_variables{
    // Open MPI, PMIx, Intel MPI and Hydra
    "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
    "OMPI_COMM_WORLD_LOCAL_SIZE", "OMPI_COMM_WORLD_NODE_RANK", "PMIX_RANK", "PMIX_NAMESPACE",
    "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS",
    // Slurm
    "SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_PROCID", "SLURM_LOCALID", "SLURM_NTASKS",
    "SLURM_NODEID", "SLURM_JOB_NAME", "SLURM_JOB_USER", "SLURM_JOB_PARTITION", "SLURM_ARRAY_JOB_ID",
    "SLURM_ARRAY_TASK_ID",
    // torchrun
    "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK", "MASTER_ADDR",
    "TORCHELASTIC_RUN_ID",
    // PBS, LSF, Grid Engine, AWS Batch
    "PBS_JOBID", "PBS_JOBNAME", "LSB_JOBID", "LSB_JOBNAME", "JOB_ID", "AWS_BATCH_JOB_ID",
    "AWS_BATCH_JOB_NODE_INDEX",
    // Libfabric, NCCL, Intel MPI
    "FI_PROVIDER", "FI_EFA_USE_DEVICE_RDMA", "FI_EFA_FORK_SAFE", "FI_EFA_ENABLE_SHM_TRANSFER",
    "FI_EFA_USE_HUGE_PAGE", "FI_EFA_IFACE", "FI_EFA_TX_SIZE", "FI_EFA_RX_SIZE",
    "FI_EFA_INTER_MAX_MEDIUM_MESSAGE_SIZE", "FI_EFA_INTER_MIN_READ_MESSAGE_SIZE", "NCCL_DEBUG",
    "RDMAV_FORK_SAFE", "I_MPI_ROOT", "I_MPI_FABRICS", "I_MPI_OFI_PROVIDER"};

struct EnvironmentVariable {
  std::string name;
  std::string value;  // up to `longest_value` characters; what is not printable ASCII is '?'

  bool operator==(const EnvironmentVariable&) const = default;
};
inline constexpr std::size_t longest_value = 64;

/// Those of readable_variables that are there, in their order; of two alike the first, as
/// getenv(3).
using Environment = std::vector<EnvironmentVariable>;

/// Takes the readable variables out of the bytes of /proc/<pid>/environ, then overwrites all of
/// them. Bytes behind the last NUL count unless `is_cut`.
Environment take_environment(std::span<char> bytes, bool is_cut);

/// The value as it may be shown, see EnvironmentVariable.
std::string shown_value(std::string_view value);

/// Reads the readable variables of a process as it was started with; what it has set since does not
/// show.
///
/// Source   <procfs>/<pid>/environ, of which the first 2 MiB count
/// Errors   absent  no such process, or not the one that began at `start_ticks`
///          denied  neither the same user nor CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH: the file is
///                  its owner's alone
/// Cost     a copy of the environment (some KiB), overwritten before it is given back
/// Threads  safe to call concurrently
Result<Environment> read_environment(Files& files, const std::string& procfs, std::uint32_t pid,
                                     std::uint64_t start_ticks);

}  // namespace efa
