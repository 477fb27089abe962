#include "agent/tls/password_check.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <utility>

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace efa {
namespace {

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  if (c >= '0' && c <= '9') {
    return c - '0' + 52;
  }
  if (c == '+') {
    return 62;
  }
  return c == '/' ? 63 : -1;
}

// Strict: whole groups of four, padded, and nothing else.
std::optional<std::string> decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) {
    return std::nullopt;
  }
  const std::size_t padding = text.ends_with("==") ? 2 : (text.ends_with('=') ? 1 : 0);
  text.remove_suffix(padding);
  std::string result;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const int value = base64_value(c);
    if (value < 0) {
      return std::nullopt;
    }
    bits = (bits << 6U | static_cast<unsigned>(value)) & 0xFFFFU;
    count += 6;
    if (count >= 8) {
      count -= 8;
      result += static_cast<char>(bits >> count & 0xFFU);
    }
  }
  return result;
}

bool is_basic(std::string_view scheme) {
  constexpr std::string_view basic = "basic";
  return std::equal(scheme.begin(), scheme.end(), basic.begin(), basic.end(),
                    [](char a, char b) { return (a | 0x20) == b; });
}

bool same(const std::string& a, const std::string& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::optional<Credentials> parse_basic_authorization(std::string_view header) {
  const std::size_t space = header.find(' ');
  if (space == std::string_view::npos || !is_basic(header.substr(0, space))) {
    return std::nullopt;
  }
  const auto text = decode_base64(header.substr(space + 1));
  const std::size_t colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    return std::nullopt;
  }
  return Credentials{text->substr(0, colon), text->substr(colon + 1)};
}

std::string bcrypt(const std::string& password, const std::string& setting) {
  // 32 KiB: too much for the stack of a thread that answers requests.
  const auto work = std::make_unique<crypt_data>();
  // crypt_r(3) as only libxcrypt has it: AddressSanitizer's own has nothing behind it here.
  const char* const hash =
      ::crypt_rn(password.c_str(), setting.c_str(), work.get(), static_cast<int>(sizeof *work));
  std::string result = hash == nullptr ? "" : hash;
  OPENSSL_cleanse(work.get(), sizeof *work);
  return result;
}

// The right to compute, which one at a time has. Made and destroyed with the mutex held.
class PasswordCheck::Turn {
 public:
  Turn(PasswordCheck& check, std::unique_lock<std::mutex>& lock) : check_(check), lock_(lock) {
    if (check_.computing_ && check_.waiting_ >= most_waiting) {
      return;
    }
    ++check_.waiting_;
    check_.free_.wait(lock, [this] { return !check_.computing_; });
    --check_.waiting_;
    check_.computing_ = granted_ = true;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (!lock_.owns_lock()) {
      lock_.lock();
    }
    if (granted_) {
      check_.computing_ = false;
      check_.free_.notify_one();
    }
  }

  [[nodiscard]] bool granted() const { return granted_; }

 private:
  PasswordCheck& check_;
  std::unique_lock<std::mutex>& lock_;
  bool granted_ = false;
};

PasswordCheck::PasswordCheck(Hash hash) : hash_(std::move(hash)) {
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) {
    throw std::runtime_error("OpenSSL has no random numbers");
  }
}

PasswordCheck::Answer PasswordCheck::check(const Users& users, const Credentials& credentials) {
  const auto user = users.find(credentials.user);
  const bool exists = user != users.end();
  // bcrypt ends at a NUL: "right\0anything" would be right.
  const bool possible = exists && credentials.password.find('\0') == std::string::npos;
  const std::string setting = exists ? user->second : setting_of_nobody(users, credentials.user);
  const Digest asked = digest(credentials.user, setting, credentials.password);

  std::unique_lock lock(mutex_);
  if (possible && remembers(asked)) {
    return Answer::right;
  }
  const Turn turn(*this, lock);
  if (!turn.granted()) {
    return Answer::busy;
  }
  if (possible && remembers(asked)) {  // by whoever computed while we waited
    return Answer::right;
  }
  lock.unlock();
  const bool equal = same(hash_(credentials.password, setting), setting);
  lock.lock();
  if (!equal || !possible) {
    return Answer::wrong;
  }
  remember(asked);
  return Answer::right;
}

PasswordCheck::Digest PasswordCheck::digest(std::string_view user, std::string_view hash,
                                            std::string_view password) const {
  std::string text;
  for (const std::string_view part : {user, hash, password}) {
    text.append(std::to_string(part.size())).append(":").append(part);
  }
  Digest result{};
  unsigned size = result.size();
  const auto* const made =
      HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), result.data(), &size);
  OPENSSL_cleanse(text.data(), text.size());
  if (made == nullptr) {
    throw std::runtime_error("OpenSSL cannot compute SHA-256");
  }
  return result;
}

// Of a cost that one of the users has, always the same for a name: as with one who exists.
std::string PasswordCheck::setting_of_nobody(const Users& users, const std::string& name) const {
  constexpr std::size_t cost_at = 4;
  std::string cost = "10";
  if (!users.empty()) {
    const std::size_t choice = digest("nobody", name, "")[0] % users.size();
    const auto chosen = std::next(users.begin(), static_cast<std::ptrdiff_t>(choice));
    cost = chosen->second.substr(cost_at, 2);
  }
  // What follows the salt is what nothing hashes to but by accident; and nobody may be right.
  return "$2b$" + cost + "$" + std::string(53, '.');
}

bool PasswordCheck::remembers(const Digest& digest) {
  return std::find(remembered_.begin(), remembered_.end(), digest) != remembered_.end();
}

void PasswordCheck::remember(const Digest& digest) {
  if (remembered_.size() == most_remembered) {
    remembered_.pop_front();
  }
  remembered_.push_back(digest);
}

}  // namespace efa
