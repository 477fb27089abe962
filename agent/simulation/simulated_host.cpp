#include "agent/simulation/simulated_host.h"

#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <system_error>
#include <utility>
#include <vector>

#include "agent/simulation/host_layout.h"
#include "agent/simulation/job_model.h"
#include "agent/simulation/private_folder.h"

namespace efa {
namespace {

constexpr std::chrono::hours ran_before{1};
constexpr const char* driver_version = "3.1.0g";

// The first failure stands, and nothing is done after it, so that a tree can be put together line
// by line.
class TreeWriter {
 public:
  explicit TreeWriter(const PrivateFolder& folder) : folder_(folder) {}

  void folder(const std::string& name) {
    if (result_) {
      result_ = folder_.make_folder(name);
    }
  }
  void text(const std::string& name, const std::string& value) {
    if (result_) {
      result_ = folder_.write(name, value + "\n");
    }
  }
  void link(const std::string& name, const std::string& target) {
    if (result_) {
      result_ = folder_.make_link(name, target);
    }
  }
  [[nodiscard]] Result<void> result() const { return result_; }

 private:
  const PrivateFolder& folder_;
  Result<void> result_;
};

std::string pci_folder(const SimulatedDevice& device) {
  constexpr std::size_t domain_and_bus = 7;
  return "devices/pci" + device.pci_address.substr(0, domain_and_bus) + "/" + device.pci_address;
}

// Below the root of the tree; with a slash at the end, as are the next two.
std::string device_folder(const SimulatedDevice& device) {
  return pci_folder(device) + "/infiniband/" + device.name + "/";
}

std::string counter_folder(const SimulatedDevice& device, bool of_port) {
  return "sys/" + device_folder(device) + (of_port ? "ports/1/hw_counters/" : "hw_counters/");
}

void write_device(TreeWriter& tree, const SimulatedDevice& device, const std::string& rate) {
  const std::string pci = "sys/" + pci_folder(device) + "/";
  const std::string base = "sys/" + device_folder(device);
  tree.folder(base + "hw_counters");
  tree.folder(base + "ports/1/hw_counters");
  tree.folder(base + "ports/1/gids");
  tree.link("sys/class/infiniband/" + device.name,
            "../../" + pci_folder(device) + "/infiniband/" + device.name);
  tree.link(base + "device", "../../../" + device.pci_address);
  tree.text(pci + "vendor", device.vendor);
  tree.text(pci + "device", device.device);
  tree.text(pci + "numa_node", device.numa_node);
  tree.text(base + "node_guid", device.node_guid);
  tree.text(base + "sys_image_guid", "0000:0000:0000:0000");
  tree.text(base + "hw_counters/lifespan", "10");
  tree.text(base + "ports/1/hw_counters/lifespan", "10");
  tree.text(base + "ports/1/gids/0", device.gid);
  tree.text(base + "ports/1/state", "4: ACTIVE");
  tree.text(base + "ports/1/phys_state", "5: LinkUp");
  tree.text(base + "ports/1/rate", rate);
}

void write_efa_files(TreeWriter& tree, const SimulatedDevice& device, const std::string& p2p) {
  const std::string base = "sys/" + device_folder(device);
  tree.text("sys/" + pci_folder(device) + "/p2p", p2p);
  tree.text(base + "node_type", "7: unspecified");
  tree.text(base + "fw_ver", "");
  tree.text(base + "ports/1/link_layer", "Unknown");
}

void write_foreign_files(TreeWriter& tree, const SimulatedDevice& device) {
  const std::string base = "sys/" + device_folder(device);
  tree.text(base + "node_type", "1: CA");
  tree.text(base + "fw_ver", "28.43.1014");
  tree.text(base + "ports/1/link_layer", "InfiniBand");
  tree.text(base + "ports/1/hw_counters/out_of_sequence", "0");
}

Result<void> write_tree(const PrivateFolder& folder, const HostLayout& layout) {
  TreeWriter tree(folder);
  tree.folder("sys/class/infiniband");
  tree.folder("sys/module/efa");
  tree.text("sys/module/efa/version", driver_version);
  for (const SimulatedDevice& device : layout.devices) {
    write_device(tree, device, device.efa ? layout.rate : "400 Gb/sec (4X NDR)");
    if (device.efa) {
      write_efa_files(tree, device, layout.p2p);
    } else {
      write_foreign_files(tree, device);
    }
  }
  return tree.result();
}

}  // namespace

class SimulatedHost::Impl {
 public:
  Impl(HostLayout layout, std::unique_ptr<PrivateFolder> folder, const Clock& clock)
      : layout_(std::move(layout)),
        model_(layout_.job),
        folder_(std::move(folder)),
        clock_(clock),
        started_(clock.now() - ran_before),
        written_(layout_.job.devices) {}

  [[nodiscard]] std::string sysfs() const { return folder_->path() / "sys"; }

  // At first every file, later those whose value is another.
  Result<void> write_counters(bool all) {
    const auto elapsed = clock_.now() - started_;
    for (unsigned number = 0; number < layout_.job.devices; ++number) {
      const DeviceCounters counters = model_.counters(number, elapsed);
      for (const CounterFile& file : counter_files) {
        const std::uint64_t value = counters.*file.value;
        if (!all && value == written_[number].*file.value) {
          continue;
        }
        if (auto result = write_counter(layout_.devices[number], file, value); !result) {
          return result;
        }
        written_[number].*file.value = value;
      }
    }
    return {};
  }

 private:
  Result<void> write_counter(const SimulatedDevice& device, const CounterFile& file,
                             std::uint64_t value) {
    std::array<char, 24> digits;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled here
    char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    *end = '\n';
    path_.assign(counter_folder(device, file.of_port)).append(file.name);
    return folder_->write(path_,
                          {digits.data(), static_cast<std::size_t>(end + 1 - digits.data())});
  }

  HostLayout layout_;
  JobModel model_;
  std::unique_ptr<PrivateFolder> folder_;
  const Clock& clock_;
  SteadyTime started_;
  std::vector<DeviceCounters> written_;
  std::string path_;
};

SimulatedHost::SimulatedHost(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SimulatedHost::~SimulatedHost() = default;

Result<std::unique_ptr<SimulatedHost>> SimulatedHost::create(const std::string& instance_type,
                                                             const Clock& clock,
                                                             const std::filesystem::path& parent) {
  auto layout = host_layout(instance_type);
  if (!layout) {
    return layout.error();
  }
  auto folder = PrivateFolder::create(parent, "efa-agent-sim");
  if (!folder) {
    return folder.error();
  }
  if (auto result = write_tree(**folder, *layout); !result) {
    return result.error();
  }
  auto impl = std::make_unique<Impl>(std::move(*layout), std::move(*folder), clock);
  if (auto result = impl->write_counters(true); !result) {
    return result.error();
  }
  return std::unique_ptr<SimulatedHost>(new SimulatedHost(std::move(impl)));
}

std::filesystem::path SimulatedHost::default_parent() {
  constexpr const char* shared_memory = "/dev/shm";
  struct statfs status {};
  if (::statfs(shared_memory, &status) == 0 && status.f_type == TMPFS_MAGIC &&
      ::access(shared_memory, W_OK | X_OK) == 0) {
    return shared_memory;
  }
  std::error_code failure;
  const auto temporary = std::filesystem::temp_directory_path(failure);
  return failure ? std::filesystem::path("/tmp") : temporary;
}

std::string SimulatedHost::sysfs() const { return impl_->sysfs(); }

Result<void> SimulatedHost::advance() { return impl_->write_counters(false); }

}  // namespace efa
