#include "agent/tls/live_web_config.h"

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"
#include "tests/tls/made_certificates.h"

namespace efa {
namespace {

using Catch::Contains;
using namespace efa::test;

const std::string tls_part = "tls_server_config: {cert_file: s.crt, key_file: s.key}\n";
const std::string hash = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

struct Folder {
  // In one step, as everybody should who changes what somebody else reads.
  void write(const std::string& name, const std::string& text) {
    const auto path = dir.path() / name;
    std::ofstream(path.string() + ".new") << text;
    std::filesystem::rename(path.string() + ".new", path);
  }
  void write_pair(const MadeCertificate& pair) {
    write("s.crt", pair.certificate);
    write("s.key", pair.key);
  }
  LiveWebConfig live() {
    return {dir.path() / "web.yml",
            [this](LogLevel level, std::string_view message, std::string_view error) {
              told.push_back(std::to_string(static_cast<int>(level)) + " " + std::string(message) +
                             (error.empty() ? "" : ": ") + std::string(error));
            }};
  }

  TempDir dir;
  MadeCertificate ca = make_ca("CA");
  std::vector<std::string> told;
};

std::vector<std::string> errors_of(LiveWebConfig& live) {
  std::vector<std::string> lines;
  for (const ConfigError& error : live.start()) {
    lines.push_back(error.to_string());
  }
  return lines;
}

TEST_CASE("a web configuration and its certificates are there from the start") {
  Folder folder;
  folder.write("web.yml", tls_part);
  folder.write_pair(make_certificate(folder.ca));
  LiveWebConfig live = folder.live();
  CHECK(errors_of(live).empty());
  CHECK(live.current()->context != nullptr);
  CHECK(live.current()->config.tls);
}

TEST_CASE("files that cannot be used are told at their keys") {
  Folder folder;
  folder.write("web.yml",
               "tls_server_config:\n  cert_file: s.crt\n  key_file: s.key\n"
               "  client_ca_file: ca.crt\n"
               "  client_auth_type: RequireAndVerifyClientCert\n");
  const std::string at = (folder.dir.path() / "web.yml").string();
  SECTION("not there") {
    LiveWebConfig live = folder.live();
    const auto errors = errors_of(live);
    REQUIRE(errors.size() == 3);
    CHECK_THAT(errors[0], Contains(at + ":2:3: tls_server_config.cert_file: found \"") &&
                              Contains("s.crt\", which cannot be read: No such file or directory"));
    CHECK_THAT(errors[1], Contains(at + ":3:3: tls_server_config.key_file: "));
    CHECK_THAT(errors[2], Contains(at + ":4:3: tls_server_config.client_ca_file: "));
  }
  SECTION("not what they should be") {
    folder.write("s.crt", "nonsense\n");
    folder.write("s.key", folder.ca.certificate);
    folder.write("ca.crt", "");
    LiveWebConfig live = folder.live();
    const auto errors = errors_of(live);
    REQUIRE(errors.size() == 3);
    CHECK_THAT(errors[0], Contains("in which there is no certificate"));
    CHECK_THAT(errors[1], Contains("in which there is no private key"));
    CHECK_THAT(errors[2], Contains("in which there is no certificate"));
  }
  SECTION("not of each other") {
    folder.write("s.crt", make_certificate(folder.ca).certificate);
    folder.write("s.key", make_certificate(folder.ca).key);
    folder.write("ca.crt", folder.ca.certificate);
    LiveWebConfig live = folder.live();
    const auto errors = errors_of(live);
    REQUIRE(errors.size() == 1);
    CHECK_THAT(errors[0], Contains("s.key\", which does not belong to the certificate"));
  }
  CHECK(folder.told.empty());
}

TEST_CASE("what changes on disk is in force at the next look") {
  Folder folder;
  folder.write("web.yml", tls_part);
  folder.write_pair(make_certificate(folder.ca));
  LiveWebConfig live = folder.live();
  REQUIRE(errors_of(live).empty());
  const auto first = live.current()->context;
  folder.write_pair(make_certificate(folder.ca));
  CHECK(live.current()->context != first);
  CHECK(live.current()->config.users.empty());
  folder.write("web.yml", tls_part + "basic_auth_users: {alice: " + hash + "}\n");
  CHECK(live.current()->config.users.size() == 1);
}

TEST_CASE("a broken state is told once, and the last sound one stays until it is mended") {
  Folder folder;
  folder.write("web.yml", tls_part);
  folder.write_pair(make_certificate(folder.ca));
  LiveWebConfig live = folder.live();
  REQUIRE(errors_of(live).empty());
  folder.write("s.crt", "nonsense");
  for (int i = 0; i < 3; ++i) {
    CHECK(live.current()->context != nullptr);
  }
  REQUIRE(folder.told.size() == 1);
  CHECK_THAT(folder.told[0], Contains("3 web configuration is wrong, the running one stays: ") &&
                                 Contains("in which there is no certificate"));
  folder.write("web.yml", "basic_auth_users: {alice: " + hash + "}\n");
  CHECK(live.current()->config.users.empty());
  REQUIRE(folder.told.size() == 2);
  CHECK_THAT(folder.told[1], Contains("TLS is turned on and off only with a restart"));
  folder.write("web.yml", tls_part + "basic_auth_users: {alice: " + hash + "}\n");
  folder.write_pair(make_certificate(folder.ca));
  CHECK(live.current()->config.users.size() == 1);
  REQUIRE(folder.told.size() == 3);
  CHECK(folder.told[2] == "1 web configuration reloaded");
}

TEST_CASE("a file that is gone is a broken state") {
  Folder folder;
  folder.write("web.yml", "basic_auth_users: {alice: " + hash + "}\n");
  LiveWebConfig live = folder.live();
  REQUIRE(errors_of(live).empty());
  std::filesystem::remove(folder.dir.path() / "web.yml");
  CHECK(live.current()->config.users.size() == 1);
  CHECK(folder.told.size() == 1);
}

TEST_CASE("a certificate that has expired is told, and served") {
  Folder folder;
  folder.write("web.yml", tls_part);
  folder.write_pair(make_certificate(folder.ca, {"old", "", -7200, -3600}));
  LiveWebConfig live = folder.live();
  CHECK(errors_of(live).empty());
  REQUIRE(folder.told.size() == 1);
  CHECK_THAT(folder.told[0], Contains("s.crt: the certificate has expired"));
}

TEST_CASE("being asked to reload is told, changed or not") {
  Folder folder;
  folder.write("web.yml", "");
  LiveWebConfig live = folder.live();
  REQUIRE(errors_of(live).empty());
  live.reload();
  live.reload();
  CHECK(folder.told == std::vector<std::string>(2, "1 web configuration reloaded"));
}

}  // namespace
}  // namespace efa
