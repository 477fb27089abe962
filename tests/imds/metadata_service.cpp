#include "tests/imds/metadata_service.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <strings.h>

#include "collectors/base/number.h"

namespace efa::test {
namespace {

constexpr std::string_view token_path = "/latest/api/token";
constexpr std::string_view data_folder = "/latest/meta-data/";

std::string header(const MetadataRequest& request, const char* name) {
  for (const auto& [each, value] : request.headers) {
    if (::strcasecmp(each.c_str(), name) == 0) {
      return value;
    }
  }
  return {};
}

}  // namespace

bool MetadataService::Scripted::applies(std::string_view path) {
  if (times == 0 || !path.ends_with(path_end)) {
    return false;
  }
  times -= times > 0 ? 1 : 0;
  return true;
}

MetadataService& MetadataService::set(const std::string& path, std::string value) {
  const std::lock_guard lock(mutex_);
  tree_.set(path, std::move(value));
  return *this;
}

MetadataService& MetadataService::remove(std::string_view path) {
  const std::lock_guard lock(mutex_);
  tree_.remove(path);
  return *this;
}

void MetadataService::become(MetadataTree tree) {
  const std::lock_guard lock(mutex_);
  tree_ = std::move(tree);
}

void MetadataService::answer_data(int status, int times, std::string path_end) {
  const std::lock_guard lock(mutex_);
  data_ = {status, times, std::move(path_end)};
}

void MetadataService::answer_tokens(int status, int times) {
  const std::lock_guard lock(mutex_);
  token_ = {status, times, {}};
}

void MetadataService::heal() {
  const std::lock_guard lock(mutex_);
  data_ = {};
  token_ = {};
}

void MetadataService::use_clock(const Clock& clock) {
  const std::lock_guard lock(mutex_);
  clock_ = &clock;
}

void MetadataService::end_tokens() {
  const std::lock_guard lock(mutex_);
  tokens_.clear();
}

MetadataReply MetadataService::answer(const MetadataRequest& request) {
  const std::lock_guard lock(mutex_);
  if (request.method == "PUT" && request.path == token_path) {
    requests_.emplace_back("PUT token");
    return give_token(request);
  }
  const bool is_data = request.path.starts_with(data_folder);
  const std::string path = is_data ? request.path.substr(data_folder.size()) : request.path;
  requests_.push_back(request.method + ' ' + path);
  if (data_.applies(path)) {
    return {data_.status, "as scripted"};
  }
  if (!knows(header(request, "X-aws-ec2-metadata-token"))) {
    return {401, "no such token"};
  }
  const auto value = lookup_ ? lookup_(path) : tree_.find(path);
  return is_data && request.method == "GET" && value ? MetadataReply{200, *value}
                                                     : MetadataReply{404, "not found"};
}

MetadataReply MetadataService::give_token(const MetadataRequest& request) {
  if (token_.applies({})) {
    return {token_.status, "as scripted"};
  }
  const auto life = parse_u64(header(request, "X-aws-ec2-metadata-token-ttl-seconds"));
  if (!life || *life < 1 || *life > 21'600) {
    return {400, "no life time"};
  }
  if (!header(request, "X-Forwarded-For").empty()) {
    return {403, "came through a proxy"};
  }
  std::string token = "AQAEA-token-" + std::to_string(++tokens_given_) + "==";
  const SteadyTime now = clock_ != nullptr ? clock_->now() : SteadyTime{};
  tokens_[token] = now + std::chrono::seconds(*life);
  return {200, token};
}

bool MetadataService::knows(const std::string& token) const {
  const auto known = tokens_.find(token);
  return known != tokens_.end() && (clock_ == nullptr || clock_->now() < known->second);
}

std::vector<std::string> MetadataService::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t MetadataService::count() const {
  const std::lock_guard lock(mutex_);
  return requests_.size();
}

std::size_t MetadataService::count(std::string_view request) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count(requests_.begin(), requests_.end(), request));
}

void MetadataService::forget_requests() {
  const std::lock_guard lock(mutex_);
  requests_.clear();
}

void ServiceTransport::fail(int errno_value, int times, std::string host) {
  errno_value_ = errno_value;
  times_ = times;
  host_ = std::move(host);
}

Result<MetadataReply> ServiceTransport::exchange(const HttpEndpoint& endpoint,
                                                 const MetadataRequest& request) {
  hosts.push_back(endpoint.host);
  if (hook_) {
    hook_();
  }
  if (times_ != 0 && (host_.empty() || host_ == endpoint.host)) {
    times_ -= times_ > 0 ? 1 : 0;
    const bool is_of_value = errno_value_ == EMSGSIZE || errno_value_ == EPROTO;
    return is_of_value ? Error{Reason::malformed, errno_value_, request.path}
                       : Error::from_errno(errno_value_, request.path);
  }
  return service_.answer(request);
}

}  // namespace efa::test
