#include "collectors/imds/imds_client.h"

#include <algorithm>
#include <cerrno>

#include "collectors/imds/characters.h"
#include "config/text_rules.h"

namespace efa {
namespace {

// Nothing that could lead elsewhere, by "..", "%2e", "//" or a second line.
bool may_be_read(std::string_view path) {
  const bool harmless = consists_of(path, "/-._:+=,@");
  const std::string_view first = path.substr(0, path.find('/'));
  const std::string slashed = '/' + std::string(path) + '/';
  return harmless && !first.empty() && first != "iam" && first != "identity-credentials" &&
         path.find("//") == std::string_view::npos && slashed.find("/../") == std::string::npos &&
         slashed.find("/./") == std::string::npos;
}

// A C0 or C1 control character, or DEL. `character` is one of UTF-8.
bool is_control(std::string_view character) {
  const auto byte = [](char c) { return static_cast<unsigned char>(c); };
  return is_ascii_control(character.front()) ||
         (byte(character.front()) == 0xc2U && byte(character.back()) < 0xa0U);
}

// `text` as a label value can be: what is no character, or a control character, is dropped.
std::string cleaned(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t size = utf8_length(text);
    const std::string_view character = text.substr(0, size);
    if (size > 0 && !is_control(character)) {
      clean += character;
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return clean;
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= ImdsClient::longest_value &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool has_no_route(const Error& error) {
  constexpr int failures[] = {ENETUNREACH, EHOSTUNREACH, ECONNREFUSED, EADDRNOTAVAIL, EAFNOSUPPORT};
  return std::find(std::begin(failures), std::end(failures), error.errno_value) !=
         std::end(failures);
}

ImdsClient::Pause pause_for(Reason reason) {
  switch (reason) {
    case Reason::denied:
      return ImdsClient::pause_when_denied;
    case Reason::timeout:
      return ImdsClient::pause_when_silent;
    default:
      return ImdsClient::pause_when_busy;
  }
}

}  // namespace

bool ImdsClient::ready() const {
  return !endpoints_.empty() && (pause_ == std::chrono::seconds{0} || clock_.now() >= ready_at_);
}

Result<std::optional<std::string>> ImdsClient::get(std::string_view path) {
  auto value = fetch(path);
  if (value && *value) {
    *value = cleaned(**value);
    if ((*value)->size() > longest_value) {
      return Error{Reason::malformed, EMSGSIZE, std::string(path)};
    }
  }
  return value;
}

Result<std::optional<std::vector<std::string>>> ImdsClient::list(std::string_view path) {
  const auto text = fetch(path);
  if (!text) {
    return text.error();
  }
  if (!*text) {
    return std::optional<std::vector<std::string>>{};
  }
  std::vector<std::string> lines;
  std::string_view rest = **text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    std::string line = cleaned(rest.substr(0, end));
    if (!line.empty()) {
      lines.push_back(std::move(line));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return std::optional(std::move(lines));
}

Result<std::optional<std::string>> ImdsClient::fetch(std::string_view path) {
  if (!may_be_read(path)) {
    return Error{Reason::malformed, EINVAL, std::string(path)};
  }
  if (!ready()) {
    return last_error_;
  }
  auto reply = ask(path);
  if (reply && reply->status == 401) {  // the token has ended before its time
    token_.clear();
    reply = ask(path);
  }
  if (!reply) {
    return reply.error();
  }
  if (reply->status != 200 && reply->status != 404) {
    return stop_for_status(reply->status, path);
  }
  pause_ = std::chrono::seconds{0};
  return reply->status == 200 ? std::optional(std::move(reply->body)) : std::nullopt;
}

Result<MetadataReply> ImdsClient::ask(std::string_view path) {
  if (token_.empty() || clock_.now() >= renew_at_) {
    if (const auto renewed = renew_token(); !renewed) {
      return renewed.error();
    }
  }
  MetadataRequest request{"GET", "/latest/meta-data/", {{"X-aws-ec2-metadata-token", token_}}};
  request.path += path;
  auto reply = exchange(request);
  if (!reply && reply.error().errno_value != EMSGSIZE) {
    return stop(reply.error());
  }
  return reply;
}

Result<void> ImdsClient::renew_token() {
  const std::string path = "/latest/api/token";
  const SteadyTime asked = clock_.now();
  token_.clear();
  auto reply =
      exchange({"PUT",
                path,
                {{"X-aws-ec2-metadata-token-ttl-seconds", std::to_string(token_life.count())}}});
  if (!reply) {
    return stop(reply.error());
  }
  if (reply->status == 404) {  // an IMDSv1 of another cloud
    return stop({Reason::denied, 0, path + ": HTTP status 404"});
  }
  if (reply->status != 200) {
    return stop_for_status(reply->status, path);
  }
  if (!is_token(reply->body)) {
    return stop({Reason::malformed, 0, path + ": not a token"});
  }
  token_ = std::move(reply->body);
  renew_at_ = asked + token_life - renewed_before;
  return {};
}

Result<MetadataReply> ImdsClient::exchange(const MetadataRequest& request) {
  auto reply = transport_.exchange(endpoints_[endpoint_], request);
  if (reply || !has_no_route(reply.error()) || endpoints_.size() < 2) {
    return reply;
  }
  const std::size_t other = 1 - endpoint_;
  auto second = transport_.exchange(endpoints_[other], request);
  if (!second) {
    return reply;
  }
  endpoint_ = other;
  return second;
}

Error ImdsClient::stop(Error error) {
  const Pause pause = pause_for(error.reason);
  pause_ = std::clamp(pause_ * 2, pause.first, pause.longest);
  ready_at_ = clock_.now() + pause_;
  last_error_ = std::move(error);
  return last_error_;
}

Error ImdsClient::stop_for_status(int status, std::string_view path) {
  Error error;
  error.context = path;
  error.context += ": HTTP status ";
  error.context += std::to_string(status);
  if (status == 401 || status == 403) {
    error.reason = Reason::denied;
  } else if (status != 429 && status < 500) {
    error.reason = Reason::malformed;
  }
  return stop(std::move(error));
}

}  // namespace efa
