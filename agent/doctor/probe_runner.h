#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "collectors/health/probe_report.h"

namespace efa {

/// The path of efa-probe: in the folder of this program, else in one of `path`, as in PATH. Empty
/// if it is in none of them.
std::string find_probe(const std::string& own_folder, const char* path);

/// Where this program is, by /proc/self/exe; empty if that cannot be read.
std::string own_folder();

struct ProbeLimits {
  std::chrono::seconds patience{10};
  std::size_t bytes = std::size_t{1} << 20U;  // of what it tells; 32 devices tell 64 KiB
};

struct ProbeRun {
  ProbeReport report;
  std::string document;  // what it printed, if that is a report
};

/// Runs efa-probe and takes down what it tells. Doctor does so if asked, once: it is no part of
/// what runs all the time, which starts no process. No shell is in between.
///
/// Errors   are in the report
/// Cost     a process, for as long as `patience` at most; one that has not ended by then is killed,
///          and left alone if the kernel does not let go of it
ProbeRun run_probe(const std::string& program, const ProbeLimits& limits);

}  // namespace efa
