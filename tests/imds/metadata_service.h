#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/base/clock.h"
#include "collectors/imds/metadata_transport.h"
#include "tests/imds/metadata_tree.h"

namespace efa::test {

/// What an IMDSv2 answers, whatever way the request came.
///
/// Threads  safe to call concurrently
class MetadataService {
 public:
  static constexpr int always = -1;
  /// The value at a path below /latest/meta-data/, or a folder's names.
  using Lookup = std::function<std::optional<std::string>(std::string_view path)>;

  explicit MetadataService(Lookup lookup) : lookup_(std::move(lookup)) {}
  explicit MetadataService(MetadataTree tree) : MetadataService(Lookup{}) {
    tree_ = std::move(tree);
  }

  MetadataService& set(const std::string& path, std::string value);
  MetadataService& remove(std::string_view path);
  /// Replaces all values.
  void become(MetadataTree tree);

  /// GETs whose path ends so are answered with this status, `times` times, whatever they ask.
  void answer_data(int status, int times = always, std::string path_end = {});
  void answer_tokens(int status, int times = always);
  void heal();
  /// Tokens end after as long as was asked for, by this clock.
  void use_clock(const Clock& clock);
  /// All tokens so far are void.
  void end_tokens();

  MetadataReply answer(const MetadataRequest& request);

  /// "PUT token", "GET instance-id": all so far.
  [[nodiscard]] std::vector<std::string> requests() const;
  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] std::size_t count(std::string_view request) const;
  void forget_requests();

 private:
  struct Scripted {
    int status = 0;
    int times = 0;
    std::string path_end;

    bool applies(std::string_view path);
  };

  MetadataReply give_token(const MetadataRequest& request);
  [[nodiscard]] bool knows(const std::string& token) const;

  mutable std::mutex mutex_;
  Lookup lookup_;  // empty: the tree
  MetadataTree tree_;
  const Clock* clock_ = nullptr;
  std::map<std::string, SteadyTime> tokens_;  // and their ends
  std::size_t tokens_given_ = 0;
  Scripted data_;
  Scripted token_;
  std::vector<std::string> requests_;
};

/// Requests to a MetadataService without a network.
class ServiceTransport final : public MetadataTransport {
 public:
  explicit ServiceTransport(MetadataService& service) : service_(service) {}

  /// Every exchange fails so, `times` times; with a host only those with it.
  void fail(int errno_value, int times = MetadataService::always, std::string host = {});
  /// Called before each exchange.
  void before_each(std::function<void()> hook) { hook_ = std::move(hook); }

  Result<MetadataReply> exchange(const HttpEndpoint& endpoint,
                                 const MetadataRequest& request) override;
  void disconnect() override { ++disconnects; }

  std::vector<std::string> hosts;  // of each exchange
  std::size_t disconnects = 0;

 private:
  MetadataService& service_;
  std::function<void()> hook_;
  int errno_value_ = 0;
  int times_ = 0;
  std::string host_;
};

}  // namespace efa::test
