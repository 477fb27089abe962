#include "agent/tls/live_web_config.h"

#include <utility>

#include "agent/tls/tls_context.h"

namespace efa {

LiveWebConfig::Attempt LiveWebConfig::read() const {
  Attempt attempt;
  attempt.watch.look_at(file_);
  LoadedWebConfig loaded = load_web_config(file_);
  attempt.errors = std::move(loaded.errors);
  if (const auto& tls = loaded.config.tls) {
    for (const PemSource* source : {&tls->certificate, &tls->key, &tls->client_ca}) {
      if (!source->file.empty()) {
        attempt.watch.look_at(source->file);
      }
    }
    if (attempt.errors.empty()) {
      LoadedTlsContext context = load_tls_context(loaded);
      attempt.errors = std::move(context.errors);
      attempt.warnings = std::move(context.warnings);
      attempt.state.context = std::move(context.context);
    }
  }
  attempt.state.config = std::move(loaded.config);
  return attempt;
}

void LiveWebConfig::tell_warnings(const std::vector<std::string>& warnings) const {
  for (const std::string& warning : warnings) {
    tell_(LogLevel::warning, "web configuration", warning);
  }
}

std::vector<ConfigError> LiveWebConfig::start() {
  Attempt attempt = read();
  const std::lock_guard lock(mutex_);
  if (attempt.errors.empty()) {
    state_ = std::make_shared<const State>(std::move(attempt.state));
    tell_warnings(attempt.warnings);
  }
  watch_ = std::move(attempt.watch);
  return std::move(attempt.errors);
}

std::shared_ptr<const LiveWebConfig::State> LiveWebConfig::current() {
  const std::lock_guard lock(mutex_);
  if (watch_.changed()) {
    try_again(false);
  }
  return state_;
}

void LiveWebConfig::reload() {
  const std::lock_guard lock(mutex_);
  told_.clear();
  try_again(true);
}

void LiveWebConfig::try_again(bool asked) {
  const bool news = asked || !watch_.is_uncertain();
  Attempt attempt = read();
  watch_ = std::move(attempt.watch);
  if (attempt.errors.empty() && bool(attempt.state.context) != bool(state_->context)) {
    attempt.errors.push_back({file_, 0, 0, "TLS is turned on and off only with a restart"});
  }
  if (attempt.errors.empty()) {
    const bool mended = !std::exchange(told_, {}).empty();
    state_ = std::make_shared<const State>(std::move(attempt.state));
    if (news || mended) {
      tell_(LogLevel::info, "web configuration reloaded", {});
      tell_warnings(attempt.warnings);
    }
    return;
  }
  std::string all;
  for (const ConfigError& error : attempt.errors) {
    all += (all.empty() ? "" : "; ") + error.to_string();
  }
  if (all != told_) {
    tell_(LogLevel::error, "web configuration is wrong, the running one stays", all);
    told_ = std::move(all);
  }
}

}  // namespace efa
