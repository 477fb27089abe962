#pragma once

#include <vector>

#include "collectors/host/host_files.h"
#include "collectors/host/installed_version.h"

namespace efa {

/// Every aws-ofi-nccl plugin that the dynamic loader would find, or that lies where AWS puts it,
/// oldest first. One built from a checkout has a version like "git-6e504db". A libnccl-net.so of
/// somebody else is not among them, nor are those inside of containers.
///
/// Source   libnccl-net.so and libnccl-net-ofi.so in the folders of /etc/ld.so.conf.d/*.conf and in
///          lib{64,} of /opt/amazon/ofi-nccl and /opt/aws-ofi-nccl
/// Cost     reads the libraries, up to their version: some megabytes
std::vector<InstalledVersion> read_ofi_nccl(HostFiles& files);

}  // namespace efa
