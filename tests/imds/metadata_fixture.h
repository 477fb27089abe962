#pragma once

#include <memory>
#include <string>
#include <utility>

#include "collectors/imds/metadata_reader.h"
#include "tests/imds/made_instance.h"
#include "tests/imds/metadata_service.h"
#include "tests/support/fake_clock.h"
#include "tests/support/faulty_files.h"
#include "tests/support/sysfs_tree.h"
#include "tests/support/temp_dir.h"

namespace efa::test {

inline constexpr auto cluster_tag = "aws:parallelcluster:cluster-name";

/// A reader of an instance's metadata, without a network.
struct MetadataFixture {
  explicit MetadataFixture(const std::string& type = "p5.48xlarge", ImdsSettings imds = {})
      : instance(make_instance(type)), service(instance.tree) {
    service.use_clock(clock);
    reader = std::make_unique<MetadataReader>(
        files, transport, clock,
        MetadataSettings{dir.path().string(), std::move(imds), {"Name", cluster_tag}});
  }

  MetadataFixture& dmi(const std::string& vendor, const std::string& product,
                       const std::string& asset) {
    const auto folder = dir.path() / "class/dmi/id";
    write_in_place(folder / "sys_vendor", vendor + '\n');
    write_in_place(folder / "product_name", product + '\n');
    write_in_place(folder / "board_asset_tag", asset + '\n');
    return *this;
  }
  InstanceMetadata read() { return reader->read(instance.efa_macs); }
  // The requests of one more read().
  std::size_t requests_of_read() {
    service.forget_requests();
    read();
    return service.count();
  }

  TempDir dir;
  FaultyFiles files;
  ManualClock clock;
  MadeInstance instance;
  MetadataService service;
  ServiceTransport transport{service};
  std::unique_ptr<MetadataReader> reader;
};

}  // namespace efa::test
